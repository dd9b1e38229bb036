#pragma once

#include <string>
#include <string_view>

#include "model/alert.h"
#include "model/notification.h"

namespace forewarn {

// Which texts of the catalogue the planner chooses among, and what they are to whoever reads them.
// Pure functions; thread-safe.

inline constexpr std::string_view kTicketOpened = "ticket.opened";
inline constexpr std::string_view kTicketUpdated = "ticket.updated";
inline constexpr std::string_view kTicketResolved = "ticket.resolved";
inline constexpr std::string_view kTicketReopened = "ticket.reopened";
inline constexpr std::string_view kContactLostText = "contact_lost";
// What a warning falls back to whose own text is not there.
inline constexpr std::string_view kGenericWarning = "warning.generic";

// The line of a ticket whose end proves nothing, after the customer was warned.
inline constexpr std::string_view kNoProof =
    "the customer was warned and gets no all-clear: it ended without proof, since a series or its "
    "rule is gone; somebody should tell them how it ended";

// The text of an alert's warning. A rule names it with or without `warning.`; what the catalogue does
// not have is said in general terms, since a customer who is not warned is worse.
std::string WarningTemplateOf(const Alert& alert);

// The all-clear of a warning, and the warning of an all-clear.
std::string AllClearOf(std::string_view warning);
std::string WarningOf(std::string_view all_clear);

// Whether it says that something is over.
bool IsEnding(const Notification& notification);

// Whether it begins something that will have an end, which whoever heard of it must hear too.
bool IsBeginning(const Notification& notification);

}  // namespace forewarn
