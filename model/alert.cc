#include "model/alert.h"

namespace forewarn {

std::string_view AlertStateName(AlertState state) {
  switch (state) {
    case AlertState::kPending: return "pending";
    case AlertState::kFiring: return "firing";
    case AlertState::kUnknown: return "unknown";
    case AlertState::kResolved: return "resolved";
    case AlertState::kEnded: return "ended";
  }
  return "invalid";
}

}  // namespace forewarn
