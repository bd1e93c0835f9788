"""The legal status of a stay in hospital, as the NHS codes it."""
from __future__ import annotations

#: Mental Health Act legal status codes of the NHS data dictionary, with what each stands for.
LEGAL_STATUS = {
    "01": "informal", "02": "section 2", "03": "section 3", "04": "section 4", "05": "section 5(2)",
    "06": "section 5(4)", "07": "section 35", "08": "section 36", "09": "section 37/41", "10": "section 37",
    "19": "section 135", "20": "section 136", "35": "section 7 guardianship", "98": "not applicable", "99": "not known",
}
