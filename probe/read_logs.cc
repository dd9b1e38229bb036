#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <re2/re2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <tuple>

#include "base/file.h"
#include "model/message_template.h"
#include "probe/log_tail.h"
#include "probe/logs.h"
#include "probe/state_files.h"

namespace forewarn {
namespace {

constexpr size_t kMessageMax = 4096;
constexpr size_t kFinishedMax = 100;
constexpr std::string_view kSeen = "seen ";  // in the state: this log was looked at before

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

struct CompiledLog {
  LogOptions options;
  std::vector<std::pair<Severity, std::unique_ptr<re2::RE2>>> severities;
  std::unique_ptr<re2::RE2> code;
};

class LogSource : public Source {
 public:
  LogSource(LogSourceOptions options, std::vector<CompiledLog> logs, const Redactor& redactor)
      : options_(std::move(options)), logs_(std::move(logs)), redactor_(redactor) {}

  std::string_view name() const override { return "logs"; }

  Status Read(Readings& out) override {
    Status first;
    auto note = [&](const Status& status) {
      if (first.ok() && !status.ok()) first = status;
    };
    if (!loaded_) {
      StatusOr<StateMap> state = LoadStateMap(options_.state_file);
      if (state.ok()) state_ = *std::move(state);
      note(state.ok() ? OkStatus() : state.status());
      loaded_ = true;
    }
    events_.clear();
    overflow_ = 0;
    for (Finished& one : finished_) one.at_end = Follow(*one.log, *one.tail, out.at());
    while (finished_.size() > kFinishedMax) {
      note(ResourceExhausted(fmt::format(
          "{}: was replaced {} times before the spool could keep what is in it; its oldest file is "
          "given up",
          finished_.front().tail->path(), finished_.size())));
      finished_.erase(finished_.begin());
    }
    for (CompiledLog& log : logs_) note(ReadLog(log, out.at()));
    for (auto& [key, event] : events_) out.reports.events.push_back(std::move(event));
    if (overflow_ > 0) {
      Event event;
      event.at = event.last_at = out.at();
      event.count = overflow_;
      event.severity = Severity::kWarning;
      event.source = "log:*";
      event.message = event.template_text =
          "more kinds of messages than are told apart in one round";
      out.reports.events.push_back(std::move(event));
    }
    for (const auto& [path, count] : lines_) {
      out.Sample("forewarn_probe_log_lines_total", {{"path", path}},
                 static_cast<double>(count.first));
      out.Sample("forewarn_probe_log_lines_cut_total", {{"path", path}},
                 static_cast<double>(count.second));
    }
    return first;
  }

  Status Commit() override {
    for (const auto& [path, tail] : tails_) tail->Keep();
    for (Finished& one : finished_) one.tail->Keep();
    std::erase_if(finished_, [](const Finished& one) { return one.at_end; });
    kept_lines_ = lines_;

    StateMap state;
    for (const std::string& path : looked_) state[std::string(kSeen) + path] = "yes";
    // A file that cannot be opened for a while is not begun anew afterwards.
    for (const auto& [path, position] : state_) {
      if (!path.starts_with(kSeen) && FileExists(path)) state[path] = position;
    }
    auto position = [](const Tail& tail) { return fmt::format("{} {}", tail.id(), tail.offset()); };
    for (const auto& [path, tail] : tails_) state[path] = position(*tail);
    // After a restart the older of two files under one path is read on, and the newer from its
    // start: twice rather than never.
    for (auto one = finished_.rbegin(); one != finished_.rend(); ++one)
      state[one->tail->path()] = position(*one->tail);
    if (state == state_) return OkStatus();
    FW_RETURN_IF_ERROR(SaveStateMap(options_.state_file, state));
    state_ = std::move(state);
    return OkStatus();
  }

  bool repeats() const override { return true; }
  void Rollback() override {
    for (const auto& [path, tail] : tails_) tail->Rollback();
    for (Finished& one : finished_) one.tail->Rollback();
    lines_ = kept_lines_;
  }

 private:
  // A file that was read to its end and has another in its place, or none: held until what was read
  // of it is safe, since nobody may ever find it again.
  struct Finished {
    CompiledLog* log;
    std::unique_ptr<Tail> tail;
    bool at_end = true;
  };

  Status ReadLog(CompiledLog& log, Timestamp at) {
    Status first;
    std::string seen = std::string(kSeen) + log.options.path;
    bool first_look = !state_.contains(seen) && !looked_.contains(log.options.path);
    looked_.insert(log.options.path);
    std::vector<std::string> paths;
    glob_t found{};
    if (glob(log.options.path.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
      paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    globfree(&found);
    std::sort(paths.begin(), paths.end());
    if (paths.size() > options_.files_max) {
      first = ResourceExhausted(fmt::format("{}: matches {} files; only the first {} are read",
                                            log.options.path, paths.size(), options_.files_max));
      paths.resize(options_.files_max);
    }
    // Files followed so far whose path is gone are read to their end once more.
    for (auto tail = tails_.begin(); tail != tails_.end();) {
      bool mine = tail_logs_[tail->first] == log.options.path;
      if (mine && !std::binary_search(paths.begin(), paths.end(), tail->first)) {
        if (Follow(log, *tail->second, at)) {
          finished_.push_back({&log, std::move(tail->second)});
          tail = tails_.erase(tail);
          continue;
        }
      }
      ++tail;
    }
    for (const std::string& path : paths) {
      Status status = ReadPath(log, path, first_look, at);
      if (first.ok() && !status.ok()) first = status;
    }
    return first;
  }

  Status ReadPath(CompiledLog& log, const std::string& path, bool first_look, Timestamp at) {
    auto tail = tails_.find(path);
    if (tail == tails_.end()) {
      FW_RETURN_IF_ERROR(Begin(log, path, first_look));
      tail = tails_.find(path);
      if (tail == tails_.end()) return OkStatus();
    }
    bool at_end = Follow(log, *tail->second, at);
    struct stat info;
    if (!at_end || stat(path.c_str(), &info) != 0 || IdOf(info) == tail->second->id())
      return OkStatus();
    // Renamed away: the old file has been read to its end, the one that took its place is begun.
    Opened next = OpenFile(path);
    if (next.fd < 0) return OkStatus();
    finished_.push_back({&log, std::move(tail->second)});
    tails_.erase(tail);
    tail = tails_.emplace(path, std::make_unique<Tail>(next.fd, path, next.id, 0)).first;
    Follow(log, *tail->second, at);
    return OkStatus();
  }

  // Starts to follow `path`, where the state says, else at its end on the first look at this log.
  Status Begin(CompiledLog& log, const std::string& path, bool first_look) {
    Opened opened = OpenFile(path);
    if (opened.fd < 0) {
      if (errno == ENOENT) return OkStatus();
      return PermissionDenied(fmt::format("{}: {}", path, std::system_category().message(errno)));
    }
    uint64_t offset = first_look && !log.options.from_start ? opened.size : 0;
    if (auto known = state_.find(path); known != state_.end()) {
      std::string_view value = known->second;
      size_t blank = value.find(' ');
      uint64_t position = 0;
      std::string_view digits = blank == std::string_view::npos ? "" : value.substr(blank + 1);
      std::from_chars(digits.data(), digits.data() + digits.size(), position);
      if (value.substr(0, blank) == opened.id) {
        offset = position;
      } else if (Opened old = FindById(path, value.substr(0, blank)); old.fd >= 0) {
        // Renamed while the probe was down: the rest of the old file comes first.
        close(opened.fd);
        opened = old;
        offset = position;
      } else {
        offset = 0;
      }
    }
    tails_[path] = std::make_unique<Tail>(opened.fd, path, opened.id, offset);
    tail_logs_[path] = log.options.path;
    return OkStatus();
  }

  static Opened FindById(const std::string& path, std::string_view id) {
    std::string folder = std::filesystem::path(path).parent_path().string();
    StatusOr<std::vector<std::string>> names = ListDir(folder);
    for (const std::string& name : names.ok() ? *names : std::vector<std::string>()) {
      struct stat info;
      std::string candidate = folder + "/" + name;
      if (stat(candidate.c_str(), &info) != 0 || IdOf(info) != id) continue;
      return OpenFile(candidate);
    }
    return {};
  }

  // True when the end of the file was reached.
  bool Follow(CompiledLog& log, Tail& tail, Timestamp at) {
    auto& [lines, cuts] = lines_[tail.path()];
    return tail.Read(options_.bytes_per_round, log.options.line_max,
                     [&, &lines = lines, &cuts = cuts](std::string_view line, bool cut) {
                       ++lines;
                       if (cut) ++cuts;
                       TakeLine(log, tail.path(), line, at);
                     });
  }

  void TakeLine(CompiledLog& log, const std::string& path, std::string_view line, Timestamp at) {
    const Severity* severity = nullptr;
    for (const auto& [one, pattern] : log.severities) {
      if (!re2::RE2::PartialMatch(Piece(line), *pattern)) continue;
      severity = &one;
      break;
    }
    if (severity == nullptr) return;
    std::string code;
    if (log.code) {
      re2::StringPiece group;
      if (re2::RE2::PartialMatch(Piece(line), *log.code, &group))
        code = ValidUtf8({group.data(), group.size()});
    }
    // Nothing but the redacted form is ever kept; the template is made of it.
    std::string message = redactor_.Redact(line);
    std::string text = MessageTemplate(message);
    auto key = std::make_tuple(path, *severity, code, text);
    auto found = events_.find(key);
    if (found == events_.end() && events_.size() >= options_.kinds_per_round) {
      ++overflow_;
      return;
    }
    Event& event = events_[key];
    if (found != events_.end()) {
      ++event.count;
      return;
    }
    event.at = event.last_at = at;
    event.severity = *severity;
    event.source = "log:" + ValidUtf8(path);
    event.code = code;
    event.message = ValidUtf8(std::string_view(message).substr(0, kMessageMax));
    event.template_text = text;
  }

  const LogSourceOptions options_;
  std::vector<CompiledLog> logs_;
  const Redactor& redactor_;

  bool loaded_ = false;
  StateMap state_;  // as on disk: by path the inode and offset; and which logs were ever looked at
  std::set<std::string> looked_;
  std::map<std::string, std::unique_ptr<Tail>> tails_;  // by path
  std::map<std::string, std::string> tail_logs_;        // path to the log that found it
  std::vector<Finished> finished_;
  std::map<std::string, std::pair<uint64_t, uint64_t>> lines_;       // by path: lines, cut lines
  std::map<std::string, std::pair<uint64_t, uint64_t>> kept_lines_;  // as of the last Commit()
  std::map<std::tuple<std::string, Severity, std::string, std::string>, Event>
      events_;  // of this round
  uint64_t overflow_ = 0;
};

StatusOr<std::unique_ptr<re2::RE2>> Compile(const std::string& pattern, const std::string& path) {
  auto compiled = std::make_unique<re2::RE2>(pattern, re2::RE2::Quiet);
  if (!compiled->ok()) return InvalidArgument(fmt::format("log {}: {}", path, compiled->error()));
  return compiled;
}

}  // namespace

StatusOr<std::unique_ptr<Source>> MakeLogSource(LogSourceOptions options,
                                                const Redactor& redactor) {
  std::vector<CompiledLog> logs;
  for (const LogOptions& from : options.logs) {
    CompiledLog log;
    log.options = from;
    for (const SeverityRule& rule : from.severities) {
      FW_ASSIGN_OR_RETURN(std::unique_ptr<re2::RE2> pattern, Compile(rule.pattern, from.path));
      log.severities.emplace_back(rule.severity, std::move(pattern));
    }
    if (!from.code.empty()) {
      FW_ASSIGN_OR_RETURN(log.code, Compile(from.code, from.path));
      if (log.code->NumberOfCapturingGroups() < 1) {
        return InvalidArgument(fmt::format(
            "log {}: the pattern of the code needs a group, as in 'ERR-([0-9]+)'", from.path));
      }
    }
    logs.push_back(std::move(log));
  }
  return std::unique_ptr<Source>(
      std::make_unique<LogSource>(std::move(options), std::move(logs), redactor));
}

}  // namespace forewarn
