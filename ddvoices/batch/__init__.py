"""A script of many lines → an audio file each: read, checked, spoken side by side, resumed by content.

| module | what happens there |
|---|---|
| ``script``, ``table``, ``jsonl``, ``outs`` | bytes → lines, or all that is wrong with them; pure |
| ``state``, ``places``, ``work`` | what was made before, whose the files are → what is left to be spoken |
| ``estimate``, ``pace`` | seconds of speech; how many at once; pure |
| ``run``, ``save`` | sockets → files |
"""
