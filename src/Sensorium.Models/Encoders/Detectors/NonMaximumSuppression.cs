namespace Sensorium.Models.Encoders.Detectors;

/// <summary>Keeps the best of boxes that overlap.</summary>
public static class NonMaximumSuppression
{
    /// <summary>
    /// The indices kept, best first (equal scores: the lower index first): a box whose score passes the threshold and
    /// that no kept box overlaps by <paramref name="iouThreshold"/> or more.
    /// </summary>
    /// <param name="boxes">One for each candidate.</param>
    /// <param name="scores">One for each candidate.</param>
    /// <param name="scoreThreshold">The least score.</param>
    /// <param name="inclusive">Whether a score equal to the threshold passes.</param>
    /// <param name="iouThreshold">The overlap that drops a box.</param>
    /// <param name="most">At most so many are kept.</param>
    public static List<int> Keep(ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, float scoreThreshold, bool inclusive, float iouThreshold, int most)
    {
        var candidates = new List<(float Score, int Index)>();
        for (int i = 0; i < scores.Length; i++)
        {
            if (scores[i] > scoreThreshold || (inclusive && scores[i] == scoreThreshold))
            {
                candidates.Add((scores[i], i));
            }
        }

        candidates.Sort(static (a, b) => a.Score == b.Score ? a.Index.CompareTo(b.Index) : b.Score.CompareTo(a.Score));
        var kept = new List<int>();
        foreach ((_, int index) in candidates)
        {
            if (kept.Count == most)
            {
                break;
            }

            if (!Overlaps(boxes, kept, boxes[index], iouThreshold))
            {
                kept.Add(index);
            }
        }

        return kept;
    }

    static bool Overlaps(ReadOnlySpan<Box> boxes, List<int> kept, Box box, float threshold)
    {
        foreach (int other in kept)
        {
            if (box.Iou(boxes[other]) >= threshold)
            {
                return true;
            }
        }

        return false;
    }
}
