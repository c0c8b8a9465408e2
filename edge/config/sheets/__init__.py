"""Lists that people edit in spreadsheets, whatever they list: files <-> sheets <-> values.

    grid        a sheet as cells, before anybody knows what they mean
    columns     what a column holds, and under which heading
    table       rows -> cells
    csv_file, xlsx_file     sheets <-> bytes of files
    headings    which column is which
    cells       what a cell means, also where a spreadsheet has changed its form
    problems    what is wrong, by row and column

All of it is pure. What the rows mean is said by those who list something: `alarm_list`, `tag_list`.
"""
