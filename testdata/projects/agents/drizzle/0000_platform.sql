CREATE TYPE "public"."agent_status" AS ENUM('active', 'inactive', 'archived');--> statement-breakpoint
CREATE TYPE "public"."composition_mode" AS ENUM('fluid', 'strict');--> statement-breakpoint
CREATE TYPE "public"."event_type" AS ENUM('customer_message', 'agent_message', 'tool_call', 'tool_result', 'status_update');--> statement-breakpoint
CREATE TYPE "public"."journey_state_type" AS ENUM('chat', 'tool', 'final');--> statement-breakpoint
CREATE TYPE "public"."session_status" AS ENUM('active', 'completed', 'abandoned');--> statement-breakpoint
CREATE TYPE "public"."tool_type" AS ENUM('workflow', 'custom_code', 'http');--> statement-breakpoint
CREATE TABLE "workspace" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "parlant_agent" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"system_prompt" text,
	"model_provider" text DEFAULT 'openai' NOT NULL,
	"composition_mode" "composition_mode" DEFAULT 'fluid' NOT NULL,
	"status" "agent_status" DEFAULT 'active' NOT NULL,
	"total_sessions" integer DEFAULT 0 NOT NULL,
	"last_active_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "parlant_agent_workspace_id_id_unique" UNIQUE("workspace_id","id")
);
--> statement-breakpoint
CREATE TABLE "parlant_session" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"workspace_id" text NOT NULL,
	"agent_id" uuid NOT NULL,
	"user_id" text,
	"session_type" text DEFAULT 'conversation' NOT NULL,
	"status" "session_status" DEFAULT 'active' NOT NULL,
	"message_count" integer DEFAULT 0 NOT NULL,
	"tokens_used" integer DEFAULT 0 NOT NULL,
	"cost" numeric(10, 4) DEFAULT '0' NOT NULL,
	"satisfaction_score" integer,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_activity_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "parlant_event" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"session_id" uuid NOT NULL,
	"offset" integer NOT NULL,
	"event_type" "event_type" NOT NULL,
	"content" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"tool_call_id" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "parlant_event_session_id_offset_unique" UNIQUE("session_id","offset")
);
--> statement-breakpoint
CREATE TABLE "parlant_guideline" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"agent_id" uuid NOT NULL,
	"condition" text NOT NULL,
	"action" text NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL
);
--> statement-breakpoint
CREATE TABLE "parlant_journey" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"agent_id" uuid NOT NULL,
	"title" text NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL
);
--> statement-breakpoint
CREATE TABLE "parlant_tool" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	"display_name" text NOT NULL,
	"tool_type" "tool_type" DEFAULT 'custom_code' NOT NULL,
	"parameters" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL
);
--> statement-breakpoint
CREATE TABLE "parlant_journey_state" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"journey_id" uuid NOT NULL,
	"name" text NOT NULL,
	"state_type" "journey_state_type" DEFAULT 'chat' NOT NULL,
	"chat_prompt" text,
	"tool_id" uuid,
	"is_initial" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "parlant_journey_transition" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"journey_id" uuid NOT NULL,
	"from_state_id" uuid NOT NULL,
	"to_state_id" uuid NOT NULL,
	"condition" text,
	"priority" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "parlant_agent_tool" (
	"agent_id" uuid NOT NULL,
	"tool_id" uuid NOT NULL,
	"configuration" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	CONSTRAINT "parlant_agent_tool_agent_id_tool_id_pk" PRIMARY KEY("agent_id","tool_id")
);
--> statement-breakpoint
CREATE TABLE "parlant_agent_knowledge_base" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"workspace_id" text NOT NULL,
	"agent_id" uuid NOT NULL,
	"title" text NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL
);
--> statement-breakpoint
ALTER TABLE "parlant_agent" ADD CONSTRAINT "parlant_agent_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parlant_session" ADD CONSTRAINT "parlant_session_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parlant_session" ADD CONSTRAINT "parlant_session_agent_id_parlant_agent_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."parlant_agent"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parlant_event" ADD CONSTRAINT "parlant_event_session_id_parlant_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."parlant_session"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parlant_guideline" ADD CONSTRAINT "parlant_guideline_agent_id_parlant_agent_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."parlant_agent"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parlant_journey" ADD CONSTRAINT "parlant_journey_agent_id_parlant_agent_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."parlant_agent"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parlant_tool" ADD CONSTRAINT "parlant_tool_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parlant_journey_state" ADD CONSTRAINT "parlant_journey_state_journey_id_parlant_journey_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."parlant_journey"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parlant_journey_state" ADD CONSTRAINT "parlant_journey_state_tool_id_parlant_tool_id_fk" FOREIGN KEY ("tool_id") REFERENCES "public"."parlant_tool"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parlant_journey_transition" ADD CONSTRAINT "parlant_journey_transition_journey_id_parlant_journey_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."parlant_journey"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parlant_journey_transition" ADD CONSTRAINT "parlant_journey_transition_from_state_id_parlant_journey_state_id_fk" FOREIGN KEY ("from_state_id") REFERENCES "public"."parlant_journey_state"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parlant_journey_transition" ADD CONSTRAINT "parlant_journey_transition_to_state_id_parlant_journey_state_id_fk" FOREIGN KEY ("to_state_id") REFERENCES "public"."parlant_journey_state"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parlant_agent_tool" ADD CONSTRAINT "parlant_agent_tool_agent_id_parlant_agent_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."parlant_agent"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parlant_agent_tool" ADD CONSTRAINT "parlant_agent_tool_tool_id_parlant_tool_id_fk" FOREIGN KEY ("tool_id") REFERENCES "public"."parlant_tool"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parlant_agent_knowledge_base" ADD CONSTRAINT "parlant_agent_knowledge_base_workspace_id_agent_id_fk" FOREIGN KEY ("workspace_id","agent_id") REFERENCES "public"."parlant_agent"("workspace_id","id") ON DELETE cascade ON UPDATE no action;
