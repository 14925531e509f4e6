// Package store keeps the tickets, over pgx and database/sql.
package store

import (
	"context"
	"fmt"
	"strings"
)

const columns = "id, subject, status, opened_at"

const getTicket = `-- name: GetTicket :one
SELECT id, subject, status FROM ticket WHERE id = $1 AND organization_id = $2`

type Store struct{ db DB }

func (s *Store) Get(ctx context.Context, organizationID, id int64) (*Ticket, error) {
	return scan(s.db.QueryRow(ctx, getTicket, id, organizationID))
}

// GetAny reads whatever ticket has the number.
func (s *Store) GetAny(ctx context.Context, id int64) (*Ticket, error) {
	return scan(s.db.QueryRow(ctx, "SELECT "+columns+" FROM ticket WHERE id = $1", id))
}

func (s *Store) List(ctx context.Context, organizationID int64, status string, limit int) (*Rows, error) {
	where := []string{"organization_id = $1"}
	args := []any{organizationID}
	if status != "" {
		where = append(where, "status = $2")
		args = append(args, status)
	}
	query := fmt.Sprintf("SELECT %s FROM ticket WHERE %s ORDER BY opened_at LIMIT %d",
		columns, strings.Join(where, " AND "), limit)
	return s.db.Query(ctx, query, args...)
}

// Replies belong to the organization of their ticket.
func (s *Store) Replies(ctx context.Context, organizationID, ticketID int64) (*Rows, error) {
	return s.db.Query(ctx, `
		SELECT r.id, r.body FROM reply r JOIN ticket t ON t.id = r.ticket_id
		WHERE r.ticket_id = $1 AND t.organization_id = $2`, ticketID, organizationID)
}

// Close pastes the subject in.
func (s *Store) Close(ctx context.Context, organizationID int64, subject string) error {
	_, err := s.db.Exec(ctx, fmt.Sprintf(
		"UPDATE ticket SET status = 'closed' WHERE organization_id = $1 AND subject = '%s'", subject), organizationID)
	return err
}

// Scoped takes its filter from another package, which the configuration names.
func (s *Store) Scoped(ctx context.Context, scope Scope) (*Rows, error) {
	return s.db.Query(ctx, "SELECT id, subject FROM ticket WHERE "+scope.Condition(), scope.Args()...)
}

func (s *Store) Purge(ctx context.Context) error {
	// sqlmoat: cross-tenant closed tickets of every organization go
	_, err := s.db.Exec(ctx, "DELETE FROM ticket WHERE status = 'closed'")
	return err
}

func explain() error {
	return fmt.Errorf("select a ticket from the list, or update the settings")
}
