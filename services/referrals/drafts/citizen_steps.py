"""What a citizen who refers themself is asked, page by page, in words to them (R-11)."""
from __future__ import annotations

from services.referrals.drafts.steps import Ask, Step, cannot_be_reached
from services.referrals.forms import WAYS

YOU, REACH, HELP = "About you", "Reaching you", "What you would like"

STEPS = (
    Step("name", YOU, "What is your name?", "So that we call you by the name you use.",
         (Ask("name", "line", "/citizen/name", "What is your name?", "Your whole name. One word is fine, if that is what you go by.",
              "Enter your name", True, "Your name", autocomplete="name"),)),
    Step("date-of-birth", YOU, "What is your date of birth?", "The Pod works with adults, and it tells people of one name apart.",
         (Ask("date_of_birth", "past_day", "/citizen/date_of_birth", "What is your date of birth?", "For example, 27 3 1985.",
              "Enter your date of birth", True, "Your date of birth"),)),
    Step("nhs-number", YOU, "What is your NHS number? (optional)", "It helps us not to mix you up with anybody else.",
         (Ask("nhs_number", "nhs", "/citizen/nhs_number", "What is your NHS number? (optional)",
              "10 digits, like 943 476 5919. It is on letters from your doctor. Leave it empty if you do not know it.",
              "", False, "Your NHS number", "Your NHS number is not right: check each of its 10 digits, or leave it empty",
              width="govuk-input--width-10"),), optional=True),
    Step("reach", REACH, "How can we reach you?", "A person from the Pod gets in touch with you. Give at least one way.",
         (Ask("telephone", "telephone", "/citizen/telephone", "Telephone number", subject="Your telephone number", width="govuk-input--width-20", autocomplete="tel"),
          Ask("email", "email", "/citizen/email", "Email address", subject="Your email address",
              wrong="Enter your email address like name@example.com", autocomplete="email"),
          Ask("address", "lines", "/citizen/address", "Address", subject="Your address", autocomplete="street-address")),
         check=lambda given: {} if any(given[name] for name in ("telephone", "email", "address")) else {
             "telephone": "Enter a telephone number, an email address or an address"}),
    Step("contact", REACH, "How would you like to be contacted?", "We keep to what you tell us here.",
         (Ask("contact_by", "radio", "/citizen/contact_by", "Which way do you like best? (optional)", choices=(*WAYS, ("", "I do not mind")), subject="The way to contact you"),
          Ask("contact_when", "lines", "/citizen/contact_when", "When is a good time, and when is not? (optional)", "For example, not before noon.",
              subject="When to contact you"),
          Ask("do_not", "wishes", "/citizen/do_not", "Is there anything we must not do? (optional)",
              "For example, no letters to my home. One wish on each line.", subject="What we must not do")), odds=cannot_be_reached, optional=True, freely=True),
    Step("needs", REACH, "What do you need so as to take part?", "So that it works for you from the first meeting on.",
         (Ask("interpreter", "line", "/citizen/interpreter", "Interpreter: which language? (optional)", "British Sign Language is one too.",
              subject="The language", width="govuk-input--width-20"),
          Ask("access_needs", "lines", "/citizen/access_needs", "What else helps you? (optional)", "For example, step-free access, large print, a quiet room.",
              subject="What helps you")), optional=True, freely=True),
    Step("next-of-kin", REACH, "Who should be rung in an emergency?", "Only if you would like somebody to be told.",
         (Ask("kin_name", "line", "/citizen/next_of_kin/name", "Their name (optional)", enter="Enter the name of who should be rung", subject="The name", row="Who should be rung"),
          Ask("kin_relationship", "line", "/citizen/next_of_kin/relationship", "Who they are to you (optional)", "For example, sister or friend.",
              subject="Who they are to you", width="govuk-input--width-20", row="Who they are to you"),
          Ask("kin_telephone", "telephone", "/citizen/next_of_kin/telephone", "Their telephone number (optional)", subject="The telephone number",
              width="govuk-input--width-20")), optional=True),
    Step("reason", HELP, "What would you like help with?", "Whoever meets you first will have read it, so that you need not say it all again.",
         (Ask("reason", "lines", "/reason", "What would you like help with?", "In your own words. A sentence is enough.",
              "Say what you would like help with", True, "What you would like help with"),), freely=True),
    Step("conditions", HELP, "Do any of these describe you? (optional)", "You need not say. It helps us to prepare.",
         (Ask("conditions", "checks", "/conditions", "Do any of these describe you? (optional)", "Choose all that apply, or none.",
              subject="What describes you", choices="condition"),), lambda pathway, answers: bool(pathway.condition), optional=True),
    Step("meeting", HELP, "How would you like to meet first?", "You choose, and you can change your mind later.",
         (Ask("meeting_preference", "radio", "/meeting_preference", "How would you like to meet first?", "",
              "Choose how you would like to meet", True, "The way to meet", choices="meeting_preference"),)),
)
