"""The topics of a deployment: what must be there, is made, checked, mended, and watched while we run.

Settings come in; topics, or an error that names the cure, come out.

Never: reads a record of a source, or deletes without being told to.
"""
