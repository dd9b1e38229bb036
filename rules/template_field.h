#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/status.h"
#include "rules/template_value.h"

namespace forewarn::templates {

// What stands behind a dot: `.Labels` of a sample, a label of labels, `.arg0` of arguments, and what
// Go's time.Time can be asked: `.Unix`, `.Year`, `.Format "2006-01-02"`, …

// What the field is of; kAny where only the expansion tells. Nothing when there is no such field.
std::optional<Type> TypeOfField(Type of, std::string_view name);

// Whether the field takes arguments: how many.
size_t ArgumentsOfField(Type of, std::string_view name);

// A missing label is empty, as with Prometheus' `missingkey=zero`. Fails where there is no such field.
StatusOr<Value> FieldOf(const Value& value, std::string_view name,
                        std::span<const Value> arguments);

// As Go's time.Format, in UTC: the layout is the time Mon Jan 2 15:04:05.000 MST 2006 as it is to be
// written.
std::string FormatGoTime(Timestamp at, std::string_view layout);

}  // namespace forewarn::templates
