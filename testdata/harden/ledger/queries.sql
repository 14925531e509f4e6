-- name: Contracts
SELECT c.id, b.name FROM contracts c JOIN buyers b ON b.id = c.buyer_id WHERE c.firm_id = $1;
-- name: Receipts
SELECT r.amount, b.number FROM receipts r JOIN bills b ON b.id = r.bill_id WHERE r.firm_id = $1;
-- name: Bills
SELECT b.number, y.name FROM bills b JOIN buyers y ON y.id = b.buyer_id WHERE b.firm_id = $1;
