#pragma once

#include <optional>
#include <string>

#include "model/alert.h"
#include "rules/alert_book.h"
#include "rules/contact.h"

namespace forewarn {

// The one rule that is built in: ContactLost, an alert for each installation that has a lost probe.
// Fires when the first is lost, names those that are, and resolves when every probe of the
// installation is fresh or retired. Its times are arrival times, since silence has no event time.
// Stored like every alert.
inline constexpr std::string_view kContactLostRule = "ContactLost";
inline constexpr std::string_view kContactLostGroup = "forewarn";

// The key under which the book keeps these alerts.
Fingerprint ContactLostKey();

// Whether what became of `probe`, which has just changed, may move its installation's alert. (That a
// probe is heard again and again moves nothing.)
bool ConcernsContactLost(const ProbeState& probe, const Contacts& contacts, AlertBook& book);

// Brings the installation's alert up to date at arrival time `arrival`; returns the step it made,
// if any.
std::optional<AlertChange> UpdateContactLost(const std::string& customer,
                                             const std::string& installation,
                                             const Contacts& contacts, Timestamp arrival,
                                             AlertBook& book);

}  // namespace forewarn
