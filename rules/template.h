#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "model/labels.h"

namespace forewarn {

// The text of an alert's label or annotation, as in Prometheus' rule files (Go's text/template):
//   {{ $labels.mount }} of {{ .Labels.instance }} fills in {{ $value | humanizeDuration }}
//
//   $labels .Labels $labels.x $value .Value   the alert's labels and value; a missing one is empty
//   $externalLabels .ExternalLabels           no labels: each of them is empty
//   "text" `text` 5 0.5 true false            constants
//   {{- … -}}                                 also removes the white space around
//   {{/* … */}}                               a comment
//   f a b, a | f, (f a)                       calls; what is piped comes last
//   {{ if c }} … {{ else if d }} … {{ else }} … {{ end }}
//   humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp
//   toUpper toLower title printf print index eq ne lt le gt ge and or not
//
// Everything else is refused when the template is compiled, with its place: also what would only
// fail later in Prometheus, such as a comparison of a number with a text. Immutable, cheap to copy
// and safe to share.
class Template {
 public:
  // Errors read `1:5: …` with a caret line.
  static StatusOr<Template> Compile(std::string_view text);

  // Fails only where a label has to be a number and is none (`$labels.x | humanize`), and for texts
  // of more than 64 KiB.
  StatusOr<std::string> Expand(const Labels& labels, double value) const;

 private:
  struct Body;
  explicit Template(std::shared_ptr<const Body> body) : body_(std::move(body)) {}

  std::shared_ptr<const Body> body_;
};

}  // namespace forewarn
