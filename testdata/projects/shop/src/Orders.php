<?php

namespace Shop;

/** Orders, over PDO and Laravel. */
class Orders
{
    private const COLUMNS = 'id, number, status, placed_at';

    public function get(int $storeId, string $number): array
    {
        $statement = $this->pdo->prepare(
            'SELECT ' . self::COLUMNS . ' FROM customer_order WHERE store_id = :store AND number = :number'
        );
        $statement->bindValue(':store', $storeId);
        $statement->bindValue(':number', $number);
        $statement->execute();
        return $statement->fetch();
    }

    // Whoever knows the id reads the order.
    public function getAny(int $id): array
    {
        return DB::selectOne('SELECT ' . self::COLUMNS . ' FROM customer_order WHERE id = ?', [$id]);
    }

    // Items belong to the store of their order.
    public function items(int $storeId, int $orderId): array
    {
        $sql = <<<SQL
            SELECT i.id, i.product
              FROM order_item i JOIN customer_order o ON o.id = i.order_id
             WHERE o.store_id = :store AND i.order_id = :order
            SQL;
        $statement = $this->pdo->prepare($sql);
        $statement->execute(['store' => $storeId, 'order' => $orderId]);
        return $statement->fetchAll();
    }

    public function search(int $storeId, ?string $status, bool $newest): array
    {
        $conditions = ['store_id = ?'];
        $values = [$storeId];
        if ($status) {
            $conditions[] = 'status = ?';
            $values[] = $status;
        }
        $order = $newest ? 'placed_at DESC' : 'placed_at';
        $sql = 'SELECT ' . self::COLUMNS . ' FROM customer_order WHERE ' . implode(' AND ', $conditions)
            . " ORDER BY $order";
        return DB::select($sql, $values);
    }

    // The status is pasted in, and the order comes from the address.
    public function report(int $storeId): array
    {
        $status = $_GET['status'];
        return DB::select(
            "SELECT number FROM customer_order WHERE store_id = $storeId AND status = '$status' ORDER BY {$_GET['by']}"
        );
    }

    public function purge(): void
    {
        // sqlmoat: cross-tenant old orders of every store go
        DB::delete("DELETE FROM customer_order WHERE placed_at < now() - interval '10 years'");
    }

    public function hint(): string
    {
        return 'Select an order from the list, or update its status';
    }
}
