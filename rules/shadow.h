#pragma once

#include <string_view>

#include "model/alert.h"

namespace forewarn {

// A rule in shadow is evaluated and its alerts are there to be looked at, but nobody is told of them: no
// incident, no ticket, no message, and no series ALERTS that another rule might act on. Its alerts carry
// this label, so that one that leaves the shadow is another alert, which is planned from its beginning.
inline constexpr std::string_view kShadowLabel = "forewarn_shadow";

inline bool IsShadow(const Alert& alert) { return alert.labels.Has(kShadowLabel); }

}  // namespace forewarn
