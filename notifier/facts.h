#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/bundle.h"
#include "model/incident.h"
#include "model/notification.h"

namespace forewarn {

// What a template may name: values by name. Times are RFC 3339 in UTC and durations as base/units writes
// them; the catalogue turns both into the reader's form. A fact that is not known is not there.
//
//   always       ticket title severity customer customer_name installation rule since_at
//   customer     owner owner_email
//   of an alert  summary value; description expected cause next_step playbook predicted_at lead; label.<name>
//   of several   more (how many others), others (their summaries)
//   of the step  late previous resolved_at cleared_at prevented unproven alert_ids
//
// Annotations may carry texts for a language: `cause_zh` goes before `cause` for a Chinese reader.
using Facts = std::map<std::string, std::string>;

// `alerts` are those that the message is about: not empty when the step has any; the most urgent one (by
// predicted failure, then severity) speaks for all. `customer` may be null.
Facts FactsOf(const IncidentChange& change, std::span<const Alert* const> alerts,
              const Customer* customer, std::string_view locale, Timestamp arrival);

// Adds how it ended.
void AddEnding(const Ticket& ticket, Facts& facts);

Attributes ToAttributes(Facts facts);
Facts FromAttributes(const Attributes& attributes);

// `zh` of `zh-CN`.
std::string_view LanguageOf(std::string_view locale);

}  // namespace forewarn
