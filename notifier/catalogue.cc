#include "notifier/catalogue.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace forewarn {
namespace {

constexpr size_t kOutputBytesMax = 64 * 1024;

const TemplateText* FindText(const Language& language, std::string_view id) {
  auto at = std::find_if(language.texts.begin(), language.texts.end(),
                         [&](const TemplateText& text) { return text.id == id; });
  return at == language.texts.end() ? nullptr : &*at;
}

std::string_view NextLine(std::string_view& text) {
  size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// Takes the conditions off the line and says whether they hold.
StatusOr<bool> TakeConditions(std::string_view& line, const Facts& facts) {
  bool holds = true;
  while (line.starts_with('?') || line.starts_with('!')) {
    size_t end = line.find(' ');
    if (end == std::string_view::npos || end == 1) {
      return InvalidArgument(fmt::format("'{}': a condition is '?fact ' or '!fact '", line));
    }
    bool known = facts.contains(std::string(line.substr(1, end - 1)));
    holds = holds && known == (line.front() == '?');
    line.remove_prefix(end + 1);
  }
  return holds;
}

StatusOr<std::string> Format(std::string_view piece, const Language& language, const Facts& facts,
                             const TimeZone& zone) {
  size_t bar = piece.find('|');
  std::string name(piece.substr(0, bar));
  auto fact = facts.find(name);
  if (fact == facts.end()) return InvalidArgument(fmt::format("the fact '{}' is not known", name));
  if (bar == std::string_view::npos) return fact->second;
  std::string_view form = piece.substr(bar + 1);
  if (form == "time") {
    StatusOr<Timestamp> at = ParseTime(fact->second);
    if (!at.ok()) return at.status().With(fmt::format("the fact '{}'", name));
    std::chrono::seconds offset = zone.OffsetAt(*at);
    return language.format_time(*at + offset, offset);
  }
  if (form == "duration" || form == "about") {
    StatusOr<Duration> d = ParseDuration(fact->second);
    if (!d.ok()) return d.status().With(fmt::format("the fact '{}'", name));
    return form == "about" ? language.format_about(*d) : language.format_duration(*d);
  }
  if (form == "word") {
    for (const auto& [word, translated] : language.words) {
      if (word == fact->second) return std::string(translated);
    }
    return InvalidArgument(fmt::format("'{}' has no word for '{}'", language.code, fact->second));
  }
  return InvalidArgument(
      fmt::format("'{}' is not a form; there are time, duration, about and word", form));
}

Status AppendLine(std::string_view line, const Language& language, const Facts& facts,
                  const TimeZone& zone, std::string& out) {
  while (!line.empty()) {
    if (out.size() > kOutputBytesMax) return InvalidArgument("the text is longer than 64 KiB");
    size_t brace = line.find_first_of("{}");
    out += line.substr(0, brace);
    if (brace == std::string_view::npos) return OkStatus();
    line.remove_prefix(brace);
    if (line.starts_with("{{") || line.starts_with("}}")) {
      out += line.front();
      line.remove_prefix(2);
      continue;
    }
    size_t end = line.find('}');
    if (line.front() == '}' || end == std::string_view::npos) {
      return InvalidArgument(fmt::format("'{}': a brace without its other half", line));
    }
    FW_ASSIGN_OR_RETURN(std::string said, Format(line.substr(1, end - 1), language, facts, zone));
    // A fact cannot begin a line of its own: what looks like one of our lines is one.
    for (char c : said) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    line.remove_prefix(end + 1);
  }
  return OkStatus();
}

}  // namespace

LocalTime SplitLocal(Timestamp local) {
  using namespace std::chrono;
  auto day = floor<days>(local);
  year_month_day date(day);
  auto minute = floor<minutes>(local - day);
  return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()), static_cast<int>(minute.count() / 60),
          static_cast<int>(minute.count() % 60)};
}

std::string FormatOffset(std::chrono::seconds offset) {
  if (offset.count() == 0) return "UTC";
  auto minutes = std::chrono::abs(offset).count() / 60;
  return fmt::format("UTC{}{:02}:{:02}", offset.count() < 0 ? '-' : '+', minutes / 60,
                     minutes % 60);
}

std::string JoinDuration(Duration d, std::string_view days, std::string_view hours,
                         std::string_view minutes, std::string_view less) {
  int64_t total = d / 1min;
  if (total < 1) return std::string(less);
  struct Part {
    int64_t count;
    std::string_view unit;
  };
  const Part parts[] = {{total / 1440, days}, {total / 60 % 24, hours}, {total % 60, minutes}};
  std::string out;
  int said = 0;
  for (const Part& part : parts) {
    if (said > 0) ++said;
    if (part.count == 0) continue;
    if (said == 0) said = 1;
    if (said > 2) break;
    if (!out.empty()) out += ' ';
    out += fmt::format("{}{}", part.count, part.unit);
  }
  return out;
}

bool HasTemplate(std::string_view id) { return FindText(kEnglish, id) != nullptr; }

std::vector<std::string> WarningNames() {
  static constexpr std::string_view kPrefix = "warning.";
  std::vector<std::string> names;
  for (const TemplateText& text : kEnglish.texts) {
    if (text.id.starts_with(kPrefix) && HasTemplate(std::string(text.id) + ".cleared")) {
      names.emplace_back(text.id.substr(kPrefix.size()));
    }
  }
  return names;
}

const Language& LanguageFor(std::string_view locale) {
  return LanguageOf(locale) == kChinese.code ? kChinese : kEnglish;
}

StatusOr<std::string> Substitute(std::string_view text, const Language& language,
                                 const Facts& facts, const TimeZone& zone) {
  std::string out;
  while (!text.empty()) {
    std::string_view line = NextLine(text);
    FW_ASSIGN_OR_RETURN(bool is_there, TakeConditions(line, facts));
    if (!is_there) continue;
    FW_RETURN_IF_ERROR(AppendLine(line, language, facts, zone, out));
    out += '\n';
  }
  if (out.size() > kOutputBytesMax) return InvalidArgument("the text is longer than 64 KiB");
  return out;
}

StatusOr<RenderedText> RenderText(std::string_view template_id, std::string_view locale,
                                  const Facts& facts, const TimeZone& zone) {
  const Language* language = &LanguageFor(locale);
  const TemplateText* text = FindText(*language, template_id);
  if (text == nullptr) {
    language = &kEnglish;
    text = FindText(*language, template_id);
  }
  if (text == nullptr) return NotFound(fmt::format("there is no template '{}'", template_id));
  std::string context = fmt::format("template {} ({})", template_id, language->code);

  StatusOr<std::string> subject = Substitute(text->subject, *language, facts, zone);
  if (!subject.ok()) return subject.status().With(context + ", subject");
  StatusOr<std::string> body = Substitute(text->body, *language, facts, zone);
  if (!body.ok()) return body.status().With(context);
  std::string_view subjects = *subject;
  RenderedText rendered{std::string(NextLine(subjects)), *std::move(body)};
  if (rendered.subject.empty())
    return InvalidArgument(context + ": no line of the subject applies");
  return rendered;
}

std::vector<std::string> LintCustomerText(const TemplateText& text) {
  std::vector<std::string> problems;
  auto must_name = [&](std::string_view fact, std::string_view why) {
    std::string plain = fmt::format("{{{}}}", fact);
    std::string formed = fmt::format("{{{}|", fact);
    if (text.body.find(plain) == text.body.npos && text.body.find(formed) == text.body.npos) {
      problems.push_back(fmt::format("{}: names no {{{}}}: {}", text.id, fact, why));
    }
  };
  // What may be unknown has to have a sentence for that case too.
  auto must_cover = [&](std::string_view fact, std::string_view why) {
    must_name(fact, why);
    if (text.body.find(fmt::format("!{} ", fact)) == text.body.npos) {
      problems.push_back(
          fmt::format("{}: has no line for when {{{}}} is not known", text.id, fact));
    }
  };
  must_name("summary", "what is it?");
  if (!text.id.ends_with(".cleared")) {
    must_name("since_at", "since when?");
    must_name("value", "which value?");
    must_name("expected", "against which expectation?");
    must_name("predicted_at", "when will it break?");
    must_cover("cause", "what is the likely cause?");
    must_cover("next_step", "what is to be done?");
  }
  must_cover("owner", "who is the person to turn to?");
  must_name("owner_email", "where to write to?");
  must_name("ticket", "which ticket?");
  must_name("installation", "which installation?");
  must_name("customer_name", "whom is it for?");
  bool says_automatic =
      text.body.find("automatic") != text.body.npos || text.body.find("自动") != text.body.npos;
  if (!says_automatic)
    problems.push_back(fmt::format("{}: does not say that it is automatic", text.id));
  return problems;
}

}  // namespace forewarn
