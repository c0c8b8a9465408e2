"""The master alarm list: all rules of a plant as rows that an engineer edits in a spreadsheet, and back into the files.

    columns     what a row says, and under which heading
    rows        rules -> rows
    grid        a sheet as cells, before anybody knows what they mean
    csv_file, xlsx_file     sheets <-> bytes of files
    cells       what a cell means, also where a spreadsheet has changed its form
    changes     sheet + plant -> what is to be changed, or what is wrong in which row
    apply       changes -> the nodes of the plant as they would be, and the texts of its files

All of it is pure; `edge/cli/rules_verbs.py` reads and writes the files.
"""
