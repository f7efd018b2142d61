"""Names of tools and ids of calls that a provider does not take, mapped there and back.

A name that is valid for the target stays.  Any other is made valid, and keeps a hash of what it was, so
that two long names with the same beginning stay two.  The map is made for one request from the tools it
declares and the calls in its history; by it a name in the answer becomes the client's again, with the
namespace and the kind of its tool.  A name that is not in the map passes as it is.

Ids need no map back: what matters is that a call and its result agree, and that no two calls of one
request have the same.  So an id's new form is a function of the id alone.
"""
