namespace Sensorium.Weights;

/// <summary>Finds what a misspelt name may have meant.</summary>
public static class NearestName
{
    const int MostNames = 4096;
    const int LongestName = 256;

    /// <summary>" (nearest: 'x')", or nothing where no name is near.</summary>
    public static string Hint(string name, IEnumerable<string> names)
    {
        string? best = null;
        int least = Math.Max(2, name.Length / 3) + 1;
        foreach (string other in names.Take(MostNames))
        {
            if (name.Length > LongestName || other.Length > LongestName || Math.Abs(other.Length - name.Length) >= least)
                continue;
            int distance = Distance(name, other, least);
            if (distance < least)
                (best, least) = (other, distance);
        }

        return best is null ? "" : $" (nearest: '{best}')";
    }

    /// <summary>Levenshtein's distance, given up at <paramref name="limit"/>.</summary>
    static int Distance(string a, string b, int limit)
    {
        Span<int> row = stackalloc int[LongestName + 1];
        for (int j = 0; j <= b.Length; j++)
            row[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0], least = row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
                least = Math.Min(least, row[j]);
            }

            if (least >= limit)
                return limit;
        }

        return row[b.Length];
    }
}
