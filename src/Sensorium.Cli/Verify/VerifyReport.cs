using System.Globalization;
using System.Text.Json;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;

namespace Sensorium.Cli.Verify;

/// <summary>Writes what became of bundles, and counts it.</summary>
sealed class VerifyReport(Terminal terminal, bool json)
{
    int passed;
    int failed;
    int skipped;

    /// <summary>No row was written: nothing was checked.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <summary>Writes a bundle's rows as they are made and its summary.</summary>
    /// <param name="name">The bundle, with the tier where several are run.</param>
    /// <param name="rows">Its rows.</param>
    public void Bundle(string name, IEnumerable<CheckRow> rows)
    {
        (int passedBefore, int failedBefore, int skippedBefore) = (passed, failed, skipped);
        if (!json)
        {
            terminal.Out.WriteLine(name);
        }

        foreach (CheckRow row in rows)
        {
            IsEmpty = false;
            Count(row);
            if (json)
            {
                JsonOutput.WriteLine(terminal, writer => Write(writer, name, row));
            }
            else
            {
                terminal.Out.WriteLine(Line(row));
                terminal.Out.Flush();
            }
        }

        if (!json)
        {
            terminal.Out.WriteLine($"{name}: {Totals(passed - passedBefore, failed - failedBefore, skipped - skippedBefore)}");
            terminal.Out.WriteLine();
            terminal.Out.Flush();
        }
    }

    /// <summary>Writes the totals.</summary>
    /// <returns>The exit code.</returns>
    public int Close()
    {
        if (json)
        {
            JsonOutput.WriteLine(terminal, writer =>
            {
                writer.WriteStartObject();
                writer.WriteNumber("passed", passed);
                writer.WriteNumber("failed", failed);
                writer.WriteNumber("skipped", skipped);
                writer.WriteEndObject();
            });
        }
        else
        {
            terminal.Out.WriteLine(Totals(passed, failed, skipped));
        }

        return failed > 0 ? ExitCode.Failure : skipped > 0 ? ExitCode.Skipped : ExitCode.Success;
    }

    void Count(CheckRow row)
    {
        passed += row.Verdict == Verdict.Passed ? 1 : 0;
        failed += row.Verdict == Verdict.Failed ? 1 : 0;
        skipped += row.Verdict == Verdict.Skipped ? 1 : 0;
    }

    static string Totals(int passed, int failed, int skipped) =>
        string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {failed} failed, {skipped} skipped");

    static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Passed => "pass",
        Verdict.Failed => "FAIL",
        Verdict.Skipped => "skip",
        _ => "",
    };

    static string Line(CheckRow row)
    {
        string distance = row.Absolute is { } absolute ? $"abs {Show.Small(absolute),-8} rel {(row.Relative is { } relative ? Show.Small(relative) : "-"),-8}" : "";
        return $"  {Word(row.Verdict),-4}  {row.Check,-26} {row.Field,-26} {row.Shape,-18} {distance,-26} {(row.Allowed.Length > 0 ? "allowed " + row.Allowed : ""),-26} {row.Detail}".TrimEnd();
    }

    static void Write(Utf8JsonWriter writer, string bundle, CheckRow row)
    {
        writer.WriteStartObject();
        writer.WriteString("bundle", bundle);
        writer.WriteString("check", row.Check);
        writer.WriteString("field", row.Field);
        writer.WriteString("verdict", row.Verdict.ToString().ToLowerInvariant());
        writer.WriteString("shape", row.Shape);
        Number("abs", row.Absolute);
        Number("rel", row.Relative);
        writer.WriteString("allowed", row.Allowed);
        writer.WriteString("detail", row.Detail);
        writer.WriteEndObject();

        void Number(string name, double? value)
        {
            if (value is { } number && double.IsFinite(number))
            {
                writer.WriteNumber(name, number);
            }
            else
            {
                writer.WriteNull(name);
            }
        }
    }
}
