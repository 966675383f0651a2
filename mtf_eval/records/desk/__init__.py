"""What helps to fill the tables in: a blank workbook, marked complaints, pseudonyms."""
