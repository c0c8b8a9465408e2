"""The master alarm list: all rules of a plant as rows that an engineer edits in a spreadsheet, and back into the files.

    columns     what a row says, and under which heading
    rows        rules -> rows
    changes     sheet + plant -> what is to be changed, or what is wrong in which row
    apply       changes -> the nodes of the plant as they would be, and the texts of its files

All of it is pure. Files, sheets and cells: `edge/config/sheets`; `edge/cli/rules_verbs.py` reads and writes the files.
"""
