"""A check of tidy.py: what Python reads is defined somewhere. Python itself says so only once it gets there, which for
the programs of the long runs is after hours."""

import ast
import builtins
import symtable
from pathlib import Path

GIVEN_TO_ALL = set(dir(builtins)) | {"__builtins__", "__class__", "__file__", "__module__", "__path__", "__qualname__"}
GIVEN_TO_MODULES = {"__doc__", "__file__", "__name__"}


class Module:
    """The names of a file, as Python's own compiler sees them: who binds what, and in which scope it is looked up."""

    def __init__(self, path, text):
        self.tree = ast.parse(text, path)
        self.top = symtable.symtable(text, path, "exec")
        self.scopes = [self.top]
        for scope in self.scopes:  # grows while it is walked
            self.scopes += scope.get_children()
        self.bound = {symbol.get_name() for scope in self.scopes for symbol in scope.get_symbols()
                      if (symbol.is_assigned() or symbol.is_imported())
                      and (scope is self.top or symbol.is_declared_global())}

    def nowhere(self):
        """(line, name) of what is read and bound nowhere."""
        for scope in self.scopes:
            for symbol in scope.get_symbols():
                name = symbol.get_name()
                if symbol.is_referenced() and (scope is self.top or symbol.is_global()) \
                        and name not in self.bound | GIVEN_TO_ALL:
                    lines = [node.lineno for node in ast.walk(self.tree)
                             if isinstance(node, ast.Name) and node.id == name]
                    yield min((line for line in lines if line >= scope.get_lineno()), default=scope.get_lineno()), name

    def of_others(self):
        """(line, module, name) of what is read of modules, which go by their own names."""
        imported = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names if alias.asname is None}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield from ((node.lineno, node.module, alias.name) for alias in node.names)
        rebound = {symbol.get_name() for scope in self.scopes for symbol in scope.get_symbols()
                   if symbol.is_assigned() or symbol.is_parameter()}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name) \
                    and node.value.id in imported - rebound:
                yield node.lineno, node.value.id, node.attr


def check_python_names(tree):
    modules, defined = {}, {}
    for path, text in tree.files.items():
        if path.endswith(".py"):
            try:
                modules[path] = Module(path, text)
            except SyntaxError as error:
                yield f"{path}:{error.lineno}: is no Python: {error.msg}"
                continue
            defined.setdefault(Path(path).stem, GIVEN_TO_MODULES.copy()).update(modules[path].bound)
    for path, module in modules.items():
        for line, name in sorted(set(module.nowhere())):
            yield f"{path}:{line}: '{name}' is defined nowhere; define or import it"
        for line, other, name in sorted(set(module.of_others())):
            if name == "*":
                yield f"{path}:{line}: 'import *' of {other}; name what you use"
            elif other in defined and name not in defined[other]:
                yield f"{path}:{line}: {other}.py defines no '{name}'; define it there"
