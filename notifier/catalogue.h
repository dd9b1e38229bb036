#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "notifier/facts.h"
#include "notifier/timezone.h"

namespace forewarn {

// Catalogue holds what we say, by template and language: English and Chinese (notifier/texts_*.cc).
// Pure functions over constant tables; thread-safe.
//
// A text is a few lines, in a small language of its own:
//
//   text    := line ('\n' line)*
//   line    := condition* piece*
//   condition := '?' name ' '      the line is there only when the fact is known
//              | '!' name ' '      … only when it is not
//   piece   := characters | '{' name '}' | '{' name '|' form '}' | '{{' | '}}'
//   form    := time                an RFC 3339 fact in the reader's zone, with its offset
//            | duration            `3h12m` as the language writes it
//            | about               the same, called rough: `about 3 h 12 min`, but `under 1 min`
//            | word                a word of the language: `word.<fact>` in its table
//
// A subject is the first of its lines whose conditions hold. Naming an unknown fact is an error, so
// that no message leaves with a hole in it.

struct TemplateText {
  std::string_view id;
  std::string_view subject;
  std::string_view body;
};

// One language: what its tables are and how it writes times and durations.
struct Language {
  std::string_view code;  // `en`
  std::span<const TemplateText> texts;
  std::span<const std::pair<std::string_view, std::string_view>> words;
  // `local` is the time of day in the reader's zone, `offset` how that differs from UTC.
  std::string (*format_time)(Timestamp local, std::chrono::seconds offset);
  std::string (*format_duration)(Duration d);
  std::string (*format_about)(Duration d);  // a duration that is only roughly known
};

extern const Language kEnglish;
extern const Language kChinese;

// What languages write their times and durations with.
struct LocalTime {
  int year = 1970;
  unsigned month = 1, day = 1;  // from 1
  int hour = 0, minute = 0;
};
LocalTime SplitLocal(Timestamp local);
std::string FormatOffset(std::chrono::seconds offset);  // `UTC+05:30`
// The two largest units, rounded down: `3 h 12 min` with the units as given.
std::string JoinDuration(Duration d, std::string_view days, std::string_view hours,
                         std::string_view minutes, std::string_view less);

struct RenderedText {
  std::string subject;  // one line
  std::string body;     // plain text, lines end with \n
};

// Whether the template exists in the language that every chain ends with.
bool HasTemplate(std::string_view id);

// What a rule may name as its warning: the ids, without `warning.`, of those that have an all-clear.
std::vector<std::string> WarningNames();

// The language of `zh-CN` is that of `zh`, and of anything unknown English.
const Language& LanguageFor(std::string_view locale);

// Says it. kNotFound for an unknown template; kInvalidArgument for a fact that is missing or that
// has not the form the text wants, and for a text that is malformed.
StatusOr<RenderedText> RenderText(std::string_view template_id, std::string_view locale,
                                  const Facts& facts, const TimeZone& zone);

// The same with a given text: one text in the language above. At most 64 KiB come out.
StatusOr<std::string> Substitute(std::string_view text, const Language& language,
                                 const Facts& facts, const TimeZone& zone);

// What is wrong with a text for a customer: one that has no cause, no next step, nobody to turn to,
// does not say that it is automatic or since when, lacks the ticket or the installation. An
// all-clear needs neither cause nor next step. Empty when it is fit to send.
std::vector<std::string> LintCustomerText(const TemplateText& text);

}  // namespace forewarn
