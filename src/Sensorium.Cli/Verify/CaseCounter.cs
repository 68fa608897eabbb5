using System.Globalization;

namespace Sensorium.Cli.Verify;

/// <summary>Counts the cases of a check that has many small ones: one row for those that ran, one for those that could not.</summary>
sealed class CaseCounter(string check)
{
    int right;
    int wrong;
    int skipped;
    string first = "";
    string whySkipped = "";

    /// <summary>Runs one case.</summary>
    /// <param name="name">Its name, for the first difference.</param>
    /// <param name="difference">Says what is different, or null.</param>
    public void Count(string name, Func<string?> difference)
    {
        try
        {
            if (difference() is not { } found)
            {
                right++;
                return;
            }

            wrong++;
            first = first.Length > 0 ? first : $"{name}: {found}";
        }
        catch (SkipException skip)
        {
            skipped++;
            whySkipped = whySkipped.Length > 0 ? whySkipped : skip.Message;
        }
    }

    /// <summary>What became of them.</summary>
    public IEnumerable<CheckRow> Rows
    {
        get
        {
            if (right + wrong > 0)
            {
                yield return new CheckRow(check, "cases", wrong == 0 ? Verdict.Passed : Verdict.Failed)
                {
                    Shape = string.Create(CultureInfo.InvariantCulture, $"{right} of {right + wrong}"),
                    Allowed = Tolerance.None.ToString(),
                    Detail = first,
                };
            }

            if (skipped > 0)
            {
                yield return new CheckRow(check, "cases", Verdict.Skipped) { Shape = string.Create(CultureInfo.InvariantCulture, $"{skipped}"), Detail = whySkipped };
            }
        }
    }
}
