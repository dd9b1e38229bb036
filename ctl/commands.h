#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "ctl/session.h"

namespace forewarn {

// What forewarnctl can do, one function a command, grouped by noun: tokens.cc, probes.cc and so on.
// Each asks the collector, prints the answer to session.out, and returns why it could not.
// Arguments that are text are checked here or by the collector, never repaired.

// tokens.cc
Status CreateToken(Session& session, const std::string& customer, const std::string& installation,
                   const std::string& valid_for);  // empty: the collector's default
Status ListTokens(Session& session);

// source_tokens.cc
struct SourceTokenArguments {
  std::string door;
  std::string customer;
  std::string installation;
  std::string source;
  std::string valid_for;       // empty: until it is revoked
  bool all_customers = false;  // instead of `customer`
};
Status CreateSourceToken(Session& session, const SourceTokenArguments& arguments);
Status ListSourceTokens(Session& session);
Status RevokeSourceToken(Session& session, const std::string& id);

// probes.cc
Status ListProbes(Session& session, const std::string& customer);
Status RetireProbe(Session& session, const std::string& probe);

// query.cc
struct QueryArguments {
  std::string expression;
  std::string customer;
  std::string from;  // moments; empty: none
  std::string to;
  std::string step;  // a duration; empty: an instant query
  // The last hour when no `from` is given, and some sixty answers when no `step` is.
  bool is_range = false;
};
Status Query(Session& session, const QueryArguments& arguments);
struct SelectArguments {
  std::vector<std::string> matchers;
  std::string customer;
  std::string from;  // moments; empty: none, and now
  std::string to;
};
// Prints samples as they come.
Status Select(Session& session, const SelectArguments& arguments);
struct EventArguments {
  std::string customer;
  std::string from;
  std::string to;
  int64_t limit = 100;
};
Status ListEvents(Session& session, const EventArguments& arguments);
struct CountArguments {
  std::string customer;
  std::string from;  // moments; empty: none, and now
  std::string to;
  std::string by = "fingerprint";
  int64_t limit = 100;
};
Status CountEvents(Session& session, const CountArguments& arguments);

// alerts.cc
Status ListAlerts(Session& session, const std::string& customer);
Status ListRules(Session& session);

// silences.cc
struct SilenceArguments {
  std::string customer;
  std::vector<std::string> matchers;
  std::string from;   // a moment; empty: now
  std::string lasts;  // a duration
  std::string comment;
};
Status AddSilence(Session& session, const SilenceArguments& arguments);
Status ListSilences(Session& session);
Status ExpireSilence(Session& session, const std::string& id);

// tickets.cc
Status ListTickets(Session& session, const std::string& customer, bool with_closed);
Status ShowTicket(Session& session, const std::string& name);
struct TicketArguments {
  std::string name;
  std::string text;
  std::string cause;
  bool customer_visible = false;
};
Status AcknowledgeTicket(Session& session, const TicketArguments& arguments);
Status CloseTicket(Session& session, const TicketArguments& arguments);
Status AddNote(Session& session, const TicketArguments& arguments);

// bundle.cc
Status Apply(Session& session, const std::string& dir, bool dry_run);
Status ShowBundle(Session& session, bool with_files);

// check.cc: needs no collector
Status CheckRules(Session& session, const std::vector<std::string>& paths);
// A folder is a bundle; a file is the settings of `kind` (collector or probe; empty: guessed from
// its keys).
Status CheckConfig(Session& session, const std::string& path, const std::string& kind);

// rule_tests.cc: needs no collector. Files of unit tests, or folders of them; fails when a test does.
Status TestRules(Session& session, const std::vector<std::string>& paths);

// export_rules.cc: needs no collector. Into `folder`; empty: one file, printed.
Status ExportRules(Session& session, const std::vector<std::string>& paths,
                   const std::string& folder);

}  // namespace forewarn
