#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "ctl/connection.h"
#include "ctl/print.h"
#include "forewarn/v1/operate.grpc.pb.h"

namespace forewarn {

// One run of forewarnctl: whom it talks to and how it answers. Not thread-safe.
struct Session {
  Connection* connection = nullptr;  // a loan; null for commands that work on files alone
  std::ostream& out;                 // answers
  std::ostream& notes;  // remarks for people, which must not end up in a file that takes the answer
  bool json = false;
  Timestamp now;  // when the command was given

  // Prints the answer: as it is for programs, `text` for people.
  void Answer(const google::protobuf::Message& message, const std::string& text) {
    out << (json ? Json(message) : text);
  }
};

// A duration; a failure names the option behind which it stood.
StatusOr<Duration> DurationOf(std::string_view option, const std::string& text);

// A moment: RFC 3339, `now`, or a duration that has passed since (`90m`).
StatusOr<Timestamp> ParseMoment(const std::string& text, Timestamp now);

}  // namespace forewarn
