#include "model/alert.h"

#include <chrono>

namespace forewarn {

bool IsPredictionNews(std::optional<Timestamp> told, std::optional<Timestamp> predicted,
                      Timestamp at) {
  if (!predicted) return false;
  if (!told) return true;
  if (*told <= at && *predicted <= at) return false;
  Duration moved = std::chrono::abs(*predicted - *told);
  return moved >= 5min && moved * 10 >= std::chrono::abs(*predicted - at);
}

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
