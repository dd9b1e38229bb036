// What we say in English. The notation is that of notifier/catalogue.h. No plurals: numbers stand
// after what they count.

#include <fmt/format.h>

#include "notifier/catalogue.h"

namespace forewarn {
namespace {

// Parts that several texts share; macros, since only literals concatenate.
#define FW_TICKET_FACTS                                      \
  "Ticket: {ticket}\n"                                       \
  "?previous Before it: {previous}\n"                        \
  "Severity: {severity|word}\n"                              \
  "Customer: {customer_name} ({customer})\n"                 \
  "Installation: {installation}\n"                           \
  "Rule: {rule}\n"                                           \
  "?summary What: {summary}\n"                               \
  "Since: {since_at|time}\n"                                 \
  "?value ?expected Value: {value}; expected: {expected}\n"  \
  "?value !expected Value: {value}\n"                        \
  "?predicted_at Failure expected at: {predicted_at|time}\n" \
  "?lead Time left: {lead|about}\n"                          \
  "?more Other alerts: {more} ({others})\n"                  \
  "?description Details: {description}\n"                    \
  "?cause Likely cause: {cause}\n"                           \
  "?next_step Next step: {next_step}\n"                      \
  "?playbook Playbook: {playbook}\n"                         \
  "?owner Owner: {owner}\n"

#define FW_LATE_NOTE \
  "?late \n"         \
  "?late Note: this rests on data that reached us late. The times above are those of the data.\n"

#define FW_SIGNATURE                                                                         \
  "\n"                                                                                       \
  "?owner Your engineer is {owner}.\n"                                                       \
  "!owner Your support team looks after this.\n"                                             \
  "?owner_email Questions and answers: write to {owner_email} and name {ticket}.\n"          \
  "!owner_email Questions and answers: write to your support contact and name {ticket}.\n"   \
  "\n"                                                                                       \
  "This is an automatic message about {customer_name}, installation {installation}, ticket " \
  "{ticket}.\n"

constexpr TemplateText kTexts[] = {
    {"ticket.opened", "[{ticket}] {severity|word}: {title} ({customer_name}, {installation})",
     "A ticket was opened.\n"
     "\n" FW_TICKET_FACTS FW_LATE_NOTE},

    {"ticket.updated", "[{ticket}] now {severity|word}: {title} ({customer_name}, {installation})",
     "The severity of a ticket was raised.\n"
     "\n" FW_TICKET_FACTS FW_LATE_NOTE},

    {"ticket.reopened", "[{ticket}] again: {title} ({customer_name}, {installation})",
     "The problem of a resolved ticket is back, and the ticket is open again.\n"
     "\n" FW_TICKET_FACTS FW_LATE_NOTE},

    {"ticket.resolved",
     "?unproven [{ticket}] ended without proof: {title} ({customer_name}, {installation})\n"
     "?prevented [{ticket}] prevented: {title} ({customer_name}, {installation})\n"
     "[{ticket}] resolved: {title} ({customer_name}, {installation})",
     "?unproven No alert of the ticket is left, but not all were proven to be resolved: a series "
     "is gone.\n"
     "?unproven The customer gets no all-clear. Find out how it ended, and tell them.\n"
     "!unproven All alerts of the ticket are resolved.\n"
     "?prevented The failure that was predicted for {predicted_at|time} did not happen.\n"
     "\n"
     "Ticket: {ticket}\n"
     "Severity: {severity|word}\n"
     "Customer: {customer_name} ({customer})\n"
     "Installation: {installation}\n"
     "Rule: {rule}\n"
     "Since: {since_at|time}\n"
     "?cleared_at Until: {cleared_at|time}\n" FW_LATE_NOTE},

    {"contact_lost", "[{ticket}] contact lost: {customer_name}, installation {installation}",
     "We no longer hear from this installation. Its alerts are unknown, not resolved, until it "
     "reports "
     "again.\n"
     "\n" FW_TICKET_FACTS
     "!cause Likely cause: the probe or its host is stopped, or the network between us is cut.\n"
     "!next_step Next step: ask the customer whether the host runs and reaches the collector; on "
     "the host, "
     "'forewarn-probe status' says what the probe sees.\n" FW_LATE_NOTE},

    {"warning.disk_will_fill",
     "?lead ?label.mountpoint [{ticket}] {label.mountpoint} at {installation} will be full in "
     "{lead|about}\n"
     "?label.mountpoint [{ticket}] {label.mountpoint} at {installation} will be full soon\n"
     "[{ticket}] A disk at {installation} will be full soon",
     "To the team at {customer_name}\n"
     "\n"
     "A disk of your installation {installation} is filling up. If nothing changes, it will be "
     "full, and "
     "what writes to it will fail. Nothing has failed yet.\n"
     "\n"
     "What: {summary}\n"
     "?label.mountpoint ?label.instance Where: {label.mountpoint} on {label.instance}\n"
     "?label.mountpoint !label.instance Where: {label.mountpoint}\n"
     "Since: {since_at|time}\n"
     "?expected Measured: {value}; expected: {expected}\n"
     "!expected Measured: {value}; expected: enough free space for the next hours\n"
     "?predicted_at Full at about: {predicted_at|time}\n"
     "?lead Time left: {lead|about}\n"
     "?more Other disks: {more} ({others})\n"
     "?cause Likely cause: {cause}\n"
     "!cause Likely cause: more is written than is cleared away, most often logs, dumps or "
     "temporary files.\n"
     "?next_step Next step: {next_step}\n"
     "!next_step Next step: free space or enlarge the disk before that time. 'du -xh DIRECTORY | "
     "sort -h' "
     "shows what takes the most.\n" FW_LATE_NOTE "\n"
     "You will hear from us as soon as the danger is over.\n" FW_SIGNATURE},

    {"warning.disk_will_fill.cleared",
     "?label.mountpoint [{ticket}] All clear: {label.mountpoint} at {installation} is no longer "
     "filling up\n"
     "[{ticket}] All clear: the disk at {installation} is no longer filling up",
     "To the team at {customer_name}\n"
     "\n"
     "The disk of your installation {installation} that we warned you about is no longer filling "
     "up.\n"
     "?prevented It did not become full. Thank you for acting in time.\n"
     "\n"
     "What: {summary}\n"
     "?label.mountpoint ?label.instance Where: {label.mountpoint} on {label.instance}\n"
     "?label.mountpoint !label.instance Where: {label.mountpoint}\n"
     "From: {since_at|time}\n"
     "?cleared_at Until: {cleared_at|time}\n" FW_LATE_NOTE FW_SIGNATURE},

    {"warning.generic", "[{ticket}] {installation}: {summary}",
     "To the team at {customer_name}\n"
     "\n"
     "We see something at your installation {installation} that can become a failure.\n"
     "\n"
     "What: {summary}\n"
     "?description Details: {description}\n"
     "Since: {since_at|time}\n"
     "?expected Measured: {value}; expected: {expected}\n"
     "!expected Measured: {value}\n"
     "?predicted_at Failure expected at about: {predicted_at|time}\n"
     "?lead Time left: {lead|about}\n"
     "?more Others like it: {more} ({others})\n"
     "?cause Likely cause: {cause}\n"
     "!cause Likely cause: not yet known; our engineers look into it.\n"
     "?next_step Next step: {next_step}\n"
     "!next_step Next step: nothing for you to do yet; we will write to you when there "
     "is.\n" FW_LATE_NOTE "\n"
     "You will hear from us as soon as the danger is over.\n" FW_SIGNATURE},

    {"warning.generic.cleared", "[{ticket}] All clear for {installation}: {summary}",
     "To the team at {customer_name}\n"
     "\n"
     "What we warned you about at your installation {installation} is over.\n"
     "?prevented The failure that we expected did not happen.\n"
     "\n"
     "What: {summary}\n"
     "From: {since_at|time}\n"
     "?cleared_at Until: {cleared_at|time}\n" FW_LATE_NOTE FW_SIGNATURE},
};

constexpr std::pair<std::string_view, std::string_view> kWords[] = {
    {"info", "information"},
    {"warning", "warning"},
    {"error", "error"},
    {"critical", "critical"},
};

// `1 May 2026, 18:00 (UTC+02:00)`.
std::string FormatLocalTime(Timestamp local, std::chrono::seconds offset) {
  static constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                                 "May",       "June",     "July",     "August",
                                                 "September", "October",  "November", "December"};
  LocalTime t = SplitLocal(local);
  return fmt::format("{} {} {}, {:02}:{:02} ({})", t.day, kMonths[t.month - 1], t.year, t.hour,
                     t.minute, FormatOffset(offset));
}

std::string FormatLocalDuration(Duration d) {
  return JoinDuration(d, " d", " h", " min", "under 1 min");
}

std::string FormatRoughDuration(Duration d) {
  return d < 1min ? FormatLocalDuration(d) : "about " + FormatLocalDuration(d);
}

}  // namespace

const Language kEnglish = {
    "en", kTexts, kWords, FormatLocalTime, FormatLocalDuration, FormatRoughDuration};

}  // namespace forewarn
