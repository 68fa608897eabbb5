using System.Globalization;

namespace Sensorium.Cli.Console;

/// <summary>Columns that line up, separated by two spaces; numbers stand to the right.</summary>
sealed class TextTable
{
    readonly List<string[]> rows = [];
    readonly bool[] right;

    /// <param name="headings">The columns' names; one that starts with '&gt;' holds numbers.</param>
    public TextTable(params string[] headings)
    {
        right = [.. headings.Select(h => h.StartsWith('>'))];
        rows.Add([.. headings.Select(h => h.TrimStart('>'))]);
    }

    /// <summary>Adds a row.</summary>
    public void Add(params string[] cells) => rows.Add(cells);

    /// <summary>Writes what was added, a line a row.</summary>
    public void Write(TextWriter output, string indent = "")
    {
        int[] widths = [.. Enumerable.Range(0, right.Length).Select(i => rows.Max(row => i < row.Length ? row[i].Length : 0))];
        foreach (string[] row in rows)
        {
            IEnumerable<string> cells = row.Select((cell, i) => right[i] ? cell.PadLeft(widths[i]) : i == row.Length - 1 ? cell : cell.PadRight(widths[i]));
            output.WriteLine(indent + string.Join("  ", cells).TrimEnd());
        }
    }
}

/// <summary>Numbers as people read them, the same in every culture.</summary>
static class Show
{
    /// <summary>Bytes in B, KB, MB, GB of 1,000.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} KB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB"),
    };

    /// <summary>A count with commas.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A shape in brackets.</summary>
    public static string Shape(ReadOnlySpan<long> shape) => "[" + string.Join(", ", shape.ToArray()) + "]";

    /// <summary>A small number with few digits.</summary>
    public static string Small(double value) => value == 0 ? "0" : value.ToString("0.0e+0", CultureInfo.InvariantCulture);
}
