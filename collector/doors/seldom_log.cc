#include "collector/doors/seldom_log.h"

#include <utility>

namespace forewarn {
namespace {

constexpr Duration kApart = 1min;

}  // namespace

std::optional<uint64_t> SeldomLog::Next(std::string key) {
  Timestamp now = clock_.Now();
  std::lock_guard lock(mutex_);
  auto is_over = [&](const Line& line) {
    return now >= line.written + kApart || now < line.written;
  };
  if (lines_.size() >= kMaxKeys && !lines_.contains(key)) {
    std::erase_if(lines_, [&](const auto& item) {
      return item.second.left_out == 0 && is_over(item.second);
    });
    if (lines_.size() >= kMaxKeys) key = "";
  }
  auto [found, is_new] = lines_.try_emplace(std::move(key));
  Line& line = found->second;
  if (!is_new && !is_over(line)) {
    ++line.left_out;
    return std::nullopt;
  }
  line.written = now;
  return std::exchange(line.left_out, 0);
}

}  // namespace forewarn
