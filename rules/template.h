#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "model/labels.h"
#include "rules/template_query.h"

namespace forewarn {

// The text of an alert's label or annotation, as in Prometheus' rule files (Go's text/template):
//   {{ $labels.mount }} of {{ .Labels.instance }} fills in {{ $value | humanizeDuration }}
//
//   $labels .Labels $labels.x $value .Value   the alert's labels and value; a missing one is empty
//   $externalLabels $externalURL              no labels and no text: both are empty
//   "text" `text` 5 0.5 true false nil        constants
//   {{- … -}}  {{/* … */}}                    removes the white space around; a comment
//   f a b, a | f, (f a).Field                 calls; what is piped comes last
//   $x := …   $x = …                          variables
//   if … else if … else, with … else, range … else, break, continue, end
//   define "x", template "x" …, block "x" …   `.` is what is passed
//   query "up" | first | value                samples of a query: label value strvalue sortByLabel
//   {{ range query "up" }}{{ .Labels.job }} {{ .Value }}{{ end }}
//   humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp toTime parseDuration
//   toUpper toLower title match reReplaceAll stripPort stripDomain safeHtml html js urlquery
//   graphLink tableLink externalURL pathPrefix args
//   printf print println index slice len eq ne lt le gt ge and or not
//
// These are all that Prometheus 2.42 has, but `call`. Everything else is refused when the template is
// compiled, with its place: also what would only fail later in Prometheus, such as a comparison of a
// number with a text, or a query that is not PromQL. Immutable, cheap to copy and safe to share.
class Template {
 public:
  // Errors read `1:5: …` with a caret line.
  static StatusOr<Template> Compile(std::string_view text);

  // Fails where a value turns out not to be what a function takes (`$labels.x | humanize` of a label
  // that is no number, `first` of no results), where a query fails, for texts of more than 64 KiB and
  // for more than 100 000 steps. Without `queries`, a loan, every query fails.
  StatusOr<std::string> Expand(const Labels& labels, double value,
                               TemplateQueries* queries = nullptr) const;

 private:
  struct Body;
  explicit Template(std::shared_ptr<const Body> body) : body_(std::move(body)) {}

  std::shared_ptr<const Body> body_;
};

}  // namespace forewarn
