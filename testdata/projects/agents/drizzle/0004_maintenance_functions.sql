-- Which indexes earn their keep. The view has neither `indexname` nor `seq_scan`: the body fails when it is called.
CREATE OR REPLACE FUNCTION monitor_parlant_index_usage()
RETURNS TABLE (index_name TEXT, usage_score NUMERIC) AS $$
BEGIN
  RETURN QUERY
  SELECT indexname::TEXT, (idx_scan::NUMERIC / GREATEST(seq_scan, 1))::NUMERIC
  FROM pg_stat_user_indexes
  WHERE schemaname = 'public' AND indexname LIKE 'parlant_%'
  ORDER BY usage_score DESC;
END;
$$ LANGUAGE plpgsql;--> statement-breakpoint

-- Indexes to drop, as statements. The same wrong column.
CREATE OR REPLACE FUNCTION recommend_index_cleanup()
RETURNS TABLE (recommendation TEXT) AS $$
BEGIN
  RETURN QUERY
  SELECT 'DROP INDEX ' || indexname
  FROM pg_stat_user_indexes
  WHERE schemaname = 'public' AND indexname LIKE 'parlant_%' AND idx_scan < 100;
END;
$$ LANGUAGE plpgsql;--> statement-breakpoint

-- Whether any session refers to an agent of another workspace. The argument is never read: the count runs over all
-- workspaces, whoever asks.
CREATE OR REPLACE FUNCTION verify_workspace_isolation(test_workspace_id TEXT)
RETURNS BOOLEAN AS $$
DECLARE
  cross_workspace_count INTEGER;
BEGIN
  SELECT COUNT(*) INTO cross_workspace_count
  FROM parlant_session s1
  JOIN parlant_agent a1 ON s1.agent_id = a1.id
  WHERE s1.workspace_id != a1.workspace_id;

  RETURN (cross_workspace_count = 0);
END;
$$ LANGUAGE plpgsql;--> statement-breakpoint

-- How many agents there will be in half a year, over all workspaces.
CREATE OR REPLACE FUNCTION predict_scaling_needs()
RETURNS TABLE (metric TEXT, current_value BIGINT, projected_6_months BIGINT, scaling_recommendation TEXT) AS $$
BEGIN
  RETURN QUERY
  SELECT 'total_agents'::TEXT, COUNT(*)::BIGINT, (COUNT(*) * 1.5)::BIGINT, 'Consider read replicas'::TEXT
  FROM parlant_agent;
END;
$$ LANGUAGE plpgsql;
