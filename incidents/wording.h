#pragma once

#include <string>
#include <string_view>

#include "model/alert.h"
#include "model/incident.h"

namespace forewarn {

// What tickets and their timelines say, in English, for the people who work on them. Pure
// functions; what comes from the customer's side is shown on one line and cut at a length.

// The annotation's text, or empty.
std::string_view Annotation(const Alert& alert, std::string_view name);

// `DiskWillFill: /data is full in 2h` from the annotation `summary`; without it, the labels that
// tell the alert from others: `DiskWillFill {instance="web-1", mountpoint="/data"}`. At most 200
// bytes.
std::string TitleOf(const Alert& alert);

// What, since when, which value against which expectation, the predicted time, the next step; a
// line each. Annotations: summary, description, value, expected, cause, next_step.
std::string DescriptionOf(const Alert& alert);

// `DiskWillFill{…} is firing since 2026-05-01T10:00:00Z, value 0.04, failure expected at …`.
std::string LineOf(const Alert& alert);

// Control characters become spaces; cut before `max_bytes` on a character's border, with an
// ellipsis.
std::string OneLine(std::string_view text, size_t max_bytes);

}  // namespace forewarn
