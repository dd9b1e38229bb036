#include "probe/facts.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "probe/parse.h"
#include "probe/run_command.h"

namespace forewarn {
namespace {

std::string_view Trim(std::string_view text) {
  size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

std::string_view Unquote(std::string_view text) {
  text = Trim(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front()) {
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

class FactReader : public Source {
 public:
  explicit FactReader(FactOptions options) : options_(std::move(options)) {}

  std::string_view name() const override { return "facts"; }

  Status Read(Readings& out) override {
    if (looked_ && out.at() - last_look_ < options_.interval && out.at() >= last_look_)
      return OkStatus();
    Status status;
    if (!looked_) {
      // A damaged file only costs the comparison with what was before the start.
      StatusOr<StateMap> before = LoadStateMap(options_.state_file);
      if (before.ok()) kept_ = reported_ = *std::move(before);
      if (!before.ok()) status = before.status();
    }
    StateMap now = reported_;
    Status looked = Look(now);
    if (status.ok()) status = looked;
    bool first = !looked_;
    for (const auto& [name, value] : now) {
      auto before = reported_.find(name);
      bool changed = before == reported_.end() || before->second != value;
      if (changed && before != reported_.end()) {
        out.reports.changes.push_back({out.at(), name, before->second, value});
      }
      if (changed || first) out.reports.facts.push_back({out.at(), name, value});
    }
    for (const auto& [name, value] : reported_) {
      if (now.contains(name)) continue;
      out.reports.changes.push_back({out.at(), name, value, ""});
      out.reports.facts.push_back({out.at(), name, ""});
    }
    reported_ = std::move(now);
    looked_ = true;
    last_look_ = out.at();
    return status;
  }

  Status Commit() override {
    looked_and_kept_ = looked_;
    if (kept_ == reported_) return OkStatus();
    FW_RETURN_IF_ERROR(SaveStateMap(options_.state_file, reported_));
    kept_ = reported_;
    return OkStatus();
  }

  bool repeats() const override { return true; }
  // Looks again in the next round, whatever the interval.
  void Rollback() override {
    if (reported_ == kept_ && looked_ == looked_and_kept_) return;
    reported_ = kept_;
    looked_ = looked_and_kept_;
    last_look_ = Timestamp::max();
  }

 private:
  // Brings `facts` up to date. What cannot be read stays as it was; what is not asked for any more
  // goes.
  Status Look(StateMap& facts) {
    StateMap before = std::exchange(facts, {});
    Status first;
    auto keep = [&](const std::string& name, const Status& why) {
      if (auto known = before.find(name); known != before.end()) facts.insert(*known);
      if (first.ok()) first = why.With(name);
    };
    facts["probe.version"] = options_.version;
    StatusOr<std::string> boot = ReadFile(options_.root + "/proc/sys/kernel/random/boot_id", 4096);
    if (boot.ok()) {
      facts["host.boot"] = std::string(Trim(*boot));
    } else {
      keep("host.boot", boot.status());
    }
    if (options_.host) LookAtHost(facts);
    for (const FactSource& extra : options_.extra) {
      StatusOr<std::string> value = ReadExtra(extra);
      if (value.ok()) {
        if (!value->empty()) facts[extra.name] = *value;
      } else {
        keep(extra.name, value.status());
      }
    }
    return first;
  }

  void LookAtHost(StateMap& facts) {
    utsname names;
    if (uname(&names) == 0) {
      facts["os.kernel"] = names.release;
      facts["os.architecture"] = names.machine;
    }
    if (StatusOr<std::string> text = ReadFile(options_.root + "/etc/os-release", 64 << 10);
        text.ok()) {
      facts.merge(ParseOsRelease(*text));
    }
    if (StatusOr<std::string> text = ReadFile(options_.root + "/proc/cpuinfo"); text.ok()) {
      facts.merge(ParseCpuinfo(*text));
    }
    Readings memory{Timestamp()};
    if (StatusOr<std::string> text = ReadFile(options_.root + "/proc/meminfo");
        text.ok() && ParseMeminfo(*text, memory).ok()) {
      SeriesName total = MakeSeriesName("node_memory_MemTotal_bytes", {});
      for (const Reading& reading : memory.samples) {
        if (reading.series == total) facts["memory.bytes"] = fmt::format("{:.0f}", reading.value);
      }
    }
    std::string block = options_.root + "/sys/block";
    StatusOr<std::vector<std::string>> disks = ListDir(block);
    for (const std::string& disk : disks.ok() ? *disks : std::vector<std::string>()) {
      // Disks of hardware have a device behind them; loop, ram and the like have none.
      if (!FileExists(fmt::format("{}/{}/device", block, disk))) continue;
      StatusOr<std::string> sectors = ReadFile(fmt::format("{}/{}/size", block, disk), 4096);
      double count;
      if (sectors.ok() && ParseNumber(Trim(*sectors), count)) {
        facts[fmt::format("disk.{}.bytes", disk)] = fmt::format("{:.0f}", count * 512);
      }
    }
  }

  StatusOr<std::string> ReadExtra(const FactSource& extra) {
    if (!extra.file.empty()) {
      FW_ASSIGN_OR_RETURN(std::string text, ReadFile(extra.file, 1 << 20));
      return FirstLine(text);
    }
    FW_ASSIGN_OR_RETURN(CommandOutcome outcome,
                        RunCommand(extra.command, options_.command_timeout));
    if (outcome.timed_out || outcome.exit_code != 0) {
      return Unavailable(fmt::format(
          "{}: {}", extra.command[0],
          outcome.timed_out ? "took too long" : fmt::format("exit code {}", outcome.exit_code)));
    }
    return FirstLine(outcome.output);
  }

  const FactOptions options_;

  StateMap reported_;
  bool looked_ = false;
  // As of the last Commit().
  StateMap kept_;
  bool looked_and_kept_ = false;
  Timestamp last_look_;
};

}  // namespace

// NAME="Debian GNU/Linux"
StateMap ParseOsRelease(std::string_view text) {
  StateMap facts;
  std::string_view line;
  while (NextLine(text, line)) {
    size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    std::string_view key = line.substr(0, equals);
    std::string value = ValidUtf8(Unquote(line.substr(equals + 1)).substr(0, 256));
    if (value.empty()) continue;
    if (key == "NAME") facts["os.name"] = value;
    if (key == "VERSION_ID") facts["os.version"] = value;
  }
  return facts;
}

// processor : 0
// model name : Intel(R) Xeon(R) CPU
StateMap ParseCpuinfo(std::string_view text) {
  StateMap facts;
  int count = 0;
  std::string_view line;
  while (NextLine(text, line)) {
    size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view key = Trim(line.substr(0, colon));
    if (key == "processor") ++count;
    std::string model = ValidUtf8(Trim(line.substr(colon + 1)).substr(0, 256));
    if (key == "model name" && !model.empty()) facts["cpu.model"] = model;
  }
  if (count > 0) facts["cpu.count"] = std::to_string(count);
  return facts;
}

std::unique_ptr<Source> MakeFactSource(FactOptions options) {
  return std::make_unique<FactReader>(std::move(options));
}

}  // namespace forewarn
