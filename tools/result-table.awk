# SPDX-License-Identifier: MIT
# RESULT lines as a table: one row each, the words of -v columns='...'.
BEGIN {
	n = split(columns, column, " ")
	for (i = 1; i <= n; i++)
		printf "%*s%s", length(column[i]) < 8 ? 8 : length(column[i]), column[i], i < n ? "  " : "\n"
}
/^RESULT / {
	sub(/\r$/, "")
	split("", value)
	for (i = 2; i <= NF; i++) {
		at = index($i, "=")
		value[substr($i, 1, at - 1)] = substr($i, at + 1)
	}
	for (i = 1; i <= n; i++)
		printf "%*s%s", length(column[i]) < 8 ? 8 : length(column[i]), value[column[i]], i < n ? "  " : "\n"
}
