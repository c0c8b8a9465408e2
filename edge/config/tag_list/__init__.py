"""The tags of a plant's device types as rows that an engineer edits in a spreadsheet, and back into the files.

    columns     what a row says, and under which heading; which keys there are is asked of the drivers' own models
    rows        device types -> rows
    changes     sheet + plant -> what is to be changed or added, or what is wrong in which row
    apply       changes -> the nodes of the plant as they would be, and the texts of its files
    diff        changes as lines for people
    foreign     the same rows in the column forms of other products

All of it is pure. Files, sheets and cells: `edge/config/sheets`; `edge/cli/tags_verbs.py` reads and writes the files.
"""
