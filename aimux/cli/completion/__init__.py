"""Completion of the command line, in four shells.

The files in ``completions/`` are made from the command tree by ``python -m aimux.cli.completion`` and
are shipped as they are: a shell reads one and knows every command and option without starting Python.
Only what the tree cannot know (providers, models, request ids ...) is asked for while a person types, of
``aimux __complete KIND``.

All four files hold the same small machine, in their own language.  It walks over the words before the
cursor, from the node ``aimux`` of the tree:

    the word before takes a value        this one is its value
    --                                   from here on words are no options
    an option                            remember it if it takes a value and has none after a =
    the name of a command below          go down to it
    anything else                        one more argument; no command follows it, and no option either
                                         where the rest of the line is another program's

What is offered then depends on where that has led: the values of the option, the options of the node, the
commands below it (a group has no arguments), or the values of the next argument.  Two tables feed it:
``node`` (what is there) and ``values`` (what an option or the n-th argument takes).
"""
