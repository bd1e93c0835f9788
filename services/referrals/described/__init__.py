"""What the API of referrals answers, for the OpenAPI document: one file for each noun, shapes that only describe.

The words they are made of are in `shared.web.described`. A test walks answers of the running API and finds every field that
is not described here, so who adds a field to an answer describes it in the same breath.
"""
