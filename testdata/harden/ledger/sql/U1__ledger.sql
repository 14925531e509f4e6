DROP TABLE receipts, bill_lines, bills, contracts, buyers, tariffs, currencies, firms;
