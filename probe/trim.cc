#include "probe/trim.h"

#include <malloc.h>
#include <sys/mman.h>

#include <charconv>
#include <optional>

#include "base/file.h"
#include "base/log.h"
#include "probe/parse.h"

namespace forewarn {
namespace {

// 7f2c41a00000-7f2c41b2e000 r-xp 00026000 fe:00 1234    /usr/lib/x86_64-linux-gnu/libc.so.6
std::optional<MappedRange> ParseHead(const std::vector<std::string_view>& words) {
  if (words.size() < 6 || words[1].size() != 4 || words[5][0] != '/') return std::nullopt;
  if (words[1][1] == 'w' || words[1][3] != 'p') return std::nullopt;
  MappedRange range;
  std::string_view ends = words[0];
  const char* stop = ends.data() + ends.size();
  auto begin = std::from_chars(ends.data(), stop, range.begin, 16);
  if (begin.ec != std::errc() || begin.ptr == stop || *begin.ptr != '-') return std::nullopt;
  auto end = std::from_chars(begin.ptr + 1, stop, range.end, 16);
  if (end.ec != std::errc() || end.ptr != stop || range.end <= range.begin) return std::nullopt;
  return range;
}

}  // namespace

std::vector<MappedRange> CleanMappings(std::string_view smaps) {
  std::vector<MappedRange> ranges;
  std::optional<MappedRange> mapping;  // the one whose lines are being read
  std::string_view line;
  while (NextLine(smaps, line)) {
    std::vector<std::string_view> words = Words(line);
    if (words.empty()) continue;
    if (!words[0].ends_with(':')) {
      mapping = ParseHead(words);
    } else if (mapping && words[0] == "Anonymous:" && words.size() > 1) {
      if (words[1] == "0") ranges.push_back(*mapping);
      mapping.reset();
    }
  }
  return ranges;
}

void TrimMemory() {
  malloc_trim(0);
  StatusOr<std::string> smaps = ReadFile("/proc/self/smaps");
  if (!smaps.ok()) {
    FW_LOG(kDebug, "memory.trim_failed", {{"error", smaps.status().message()}});
    return;
  }
  for (const MappedRange& range : CleanMappings(*smaps)) {
    madvise(reinterpret_cast<void*>(range.begin), range.end - range.begin, MADV_DONTNEED);
  }
}

}  // namespace forewarn
