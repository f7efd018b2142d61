"""Accents: what single vendors want otherwise than their format says, as named edits of a body.

A quirk is data: its name (one of the catalogue's, see ``catalogue/providers.toml``), the formats it is
about, the bytes without which a body need not be looked at, the edit, and where it was read.  The same
edits serve a translated request and one in the provider's own format (PATCH): there, a body that none
of them touches stays the bytes it was.
"""
