#pragma once

#include <map>
#include <string>

#include "base/status.h"
#include "notifier/receiver.h"
#include "notifier/timezone.h"

namespace forewarn {

// Renderer makes a message of a notification: the catalogue's text in the reader's language, times
// on the reader's clocks. Reads each zone's file once. Not thread-safe; the dispatcher owns one.
class Renderer {
 public:
  explicit Renderer(std::string zone_folder = "/usr/share/zoneinfo");

  // The message borrows the notification. Fails when the catalogue cannot say it; a second attempt
  // would fail too. A zone that cannot be read becomes UTC, which every time says beside it.
  StatusOr<Message> Render(const Notification& notification);

 private:
  const TimeZone& ZoneOf(const std::string& name);

  const std::string zone_folder_;

  std::map<std::string, TimeZone> zones_;
};

// The same text as HTML: paragraphs and line breaks, everything escaped.
std::string ToHtml(std::string_view text);

}  // namespace forewarn
