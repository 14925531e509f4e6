package booking

/** Bookings, over JDBC and Spring. */
class Bookings(private val jdbc: JdbcTemplate, private val named: NamedParameterJdbcTemplate) {
    companion object {
        const val FIELDS = "b.id, b.guest, b.arrives_on"
    }

    fun room(hotelId: Long, label: String): Room? =
        jdbc.queryForObject("SELECT id, label FROM room WHERE hotel_id = ? AND label = ?", mapper, hotelId, label)

    // A booking belongs to the hotel of its room.
    fun ofRoom(hotelId: Long, roomId: Long): List<Booking> {
        val sql = """
            SELECT $FIELDS
              FROM booking b JOIN room r ON r.id = b.room_id
             WHERE b.room_id = :room AND r.hotel_id = :hotel
        """.trimIndent()
        return named.query(sql, mapOf("room" to roomId, "hotel" to hotelId), mapper)
    }

    // Whoever knows the number cancels the booking.
    fun cancel(connection: Connection, id: Long): Int =
        connection.prepareStatement("DELETE FROM booking WHERE id = ?").use { statement ->
            statement.setLong(1, id)
            statement.executeUpdate()
        }

    fun arrivals(hotelId: Long, day: LocalDate?, newest: Boolean): List<Booking> {
        val conditions = mutableListOf("r.hotel_id = ?")
        if (day != null) {
            conditions.add("b.arrives_on = ?")
        }
        val order = if (newest) "b.arrives_on DESC" else "b.arrives_on"
        val sql = "SELECT $FIELDS FROM booking b JOIN room r ON r.id = b.room_id " +
            "WHERE ${conditions.joinToString(" AND ")} ORDER BY $order"
        return jdbc.query(sql, mapper, hotelId, day)
    }

    // The guest is pasted in.
    fun search(hotelId: Long, guest: String): List<Booking> = jdbc.query(
        "SELECT $FIELDS FROM booking b JOIN room r ON r.id = b.room_id WHERE r.hotel_id = ? AND b.guest = '$guest'",
        mapper,
        hotelId,
    )

    fun purge() {
        // sqlmoat: cross-tenant old bookings of every hotel go
        jdbc.update("DELETE FROM booking WHERE arrives_on < now() - interval '10 years'")
    }

    fun hint() = "Select a room from the list, or update the dates"
}
