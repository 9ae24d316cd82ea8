"""Just enough C++ to find includes and measure functions."""

import re

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
# What must not be read as code: comments, raw strings, strings, character literals (not digit separators).
NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|\bR"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL)
TYPE_OR_NAMESPACE = re.compile(
    r'^(?:template\s*<.*>\s*|requires\s.*\s|inline\s+|export\s+|typedef\s+)*(?:class|struct|union|enum|namespace|extern)\b',
    re.DOTALL)
TYPE_DEFINITION = re.compile(r'^(?:class|struct|enum class)\s+(\w+)[^;{]*\{', re.MULTILINE)
NAMESPACE = re.compile(r'^namespace\s+([\w:]+)\s*\{', re.MULTILINE)
PREPROCESSOR = re.compile(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.MULTILINE)


def includes(text):
    """(line number, "<" or '"', header) of each #include."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            found.append((number, match.group(1), match.group(2)))
    return found


def blank(text):
    """The text with comments, literals and preprocessor lines made blank; its line breaks stay where they are."""
    def keep_breaks(match):
        return re.sub(r'[^\n]', ' ', match.group(0))
    return PREPROCESSOR.sub(keep_breaks, NOISE.sub(keep_breaks, text))


def types(text):
    """(line, full name) of each type that is defined at the left margin, as clang-format puts those of a namespace."""
    code = blank(text)
    spaces = NAMESPACE.findall(code)
    prefix = spaces[-1] + '::' if spaces else ''
    return [(code.count('\n', 0, match.start()) + 1, prefix + match.group(1)) for match in TYPE_DEFINITION.finditer(code)]


def functions(text):
    """(first line, lines, heading) of each function body outside any other function; tests count as functions."""
    found = []
    open_braces = []  # per brace: None, or (line, heading) of a function
    heading_from = 0
    code = blank(text)
    line = 1
    for position, character in enumerate(code):
        if character == '\n':
            line += 1
        elif character == '{':
            heading = code[heading_from:position].strip()
            inside = any(open_braces)
            open_braces.append(None if inside or not starts_function(heading) else (line, heading))
            heading_from = position + 1
        elif character == '}':
            opened = open_braces.pop() if open_braces else None
            if opened:
                found.append((opened[0], line - opened[0] + 1, ' '.join(opened[1].split())[:80]))
            heading_from = position + 1
        elif character == ';':
            heading_from = position + 1
    return found


def starts_function(heading):
    return ')' in heading and not TYPE_OR_NAMESPACE.match(heading)
