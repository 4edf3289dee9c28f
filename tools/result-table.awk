# SPDX-License-Identifier: MIT
# RESULT lines as a table: one row each, the words of -v columns='...'.
BEGIN {
	n = split(columns, column, " ")
	for (i = 1; i <= n; i++)
		width[i] = length(column[i]) < 6 ? 6 : length(column[i])
}
/^RESULT / {
	sub(/\r$/, "")
	split("", value)
	for (i = 2; i <= NF; i++) {
		at = index($i, "=")
		value[substr($i, 1, at - 1)] = substr($i, at + 1)
	}
	rows++
	for (i = 1; i <= n; i++) {
		cell[rows, i] = value[column[i]]
		if (length(cell[rows, i]) > width[i])
			width[i] = length(cell[rows, i])
	}
}
END {
	for (i = 1; i <= n; i++)
		printf "%*s%s", width[i], column[i], i < n ? "  " : "\n"
	for (r = 1; r <= rows; r++)
		for (i = 1; i <= n; i++)
			printf "%*s%s", width[i], cell[r, i], i < n ? "  " : "\n"
}
