//! Trips of a company's vehicles, over sqlx.

use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

const COLUMNS: &str = "id, vehicle_id, started_at, distance";

pub async fn vehicle(pool: &PgPool, company_id: Uuid, plate: &str) -> sqlx::Result<Vehicle> {
    sqlx::query_as!(
        Vehicle,
        r#"SELECT id, plate as "plate!" FROM vehicle
           WHERE company_id = $1 AND plate = $2"#,
        company_id,
        plate,
    )
    .fetch_one(pool)
    .await
}

// Whoever knows the id changes the trip.
pub async fn set_distance(pool: &PgPool, id: Uuid, distance: i32) -> sqlx::Result<()> {
    sqlx::query!("UPDATE trip SET distance = $2 WHERE id = $1", id, distance).execute(pool).await?;
    Ok(())
}

pub async fn recent(pool: &PgPool, company_id: Uuid, limit: i64) -> sqlx::Result<Vec<Trip>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM trip WHERE company_id = $1 \
         ORDER BY started_at LIMIT {limit}"
    );
    sqlx::query_as(&sql).bind(company_id).fetch_all(pool).await
}

// The trip is the company's, the vehicle need not be.
pub async fn with_plates(pool: &PgPool, user: &User) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        "SELECT t.id, v.plate FROM trip t JOIN vehicle v ON v.id = t.vehicle_id WHERE t.company_id = $1",
    )
    .bind(user.company_id)
    .fetch_all(pool)
    .await
}

pub async fn search(pool: &PgPool, company_id: Uuid, since: Option<Time>) -> sqlx::Result<Vec<Trip>> {
    let mut query: QueryBuilder<Postgres> = QueryBuilder::new("SELECT id, distance FROM trip WHERE company_id = ");
    query.push_bind(company_id);
    if let Some(since) = since {
        query.push(" AND started_at >= ").push_bind(since);
    }
    query.build_query_as().fetch_all(pool).await
}

// The plate is pasted in, and the order comes from the address.
pub async fn report(client: &Client, company_id: Uuid, plate: &str, order: &str) -> Result<Vec<Row>> {
    let mut sql = format!("SELECT id, plate FROM vehicle WHERE company_id = $1 AND plate = '{}'", plate);
    sql.push_str(" ORDER BY ");
    sql.push_str(order);
    client.query(&sql, &[&company_id]).await
}

// The vehicle is not the company.
pub async fn of_vehicle(client: &Client, vehicle_id: Uuid) -> Result<Vec<Row>> {
    client.query("SELECT id, plate FROM vehicle WHERE company_id = $1", &[&vehicle_id]).await
}

pub async fn purge(pool: &PgPool) -> sqlx::Result<()> {
    // sqlmoat: cross-tenant old trips of every company go
    sqlx::query("DELETE FROM trip WHERE started_at < now() - interval '5 years'").execute(pool).await?;
    Ok(())
}
