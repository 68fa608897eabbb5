namespace Sensorium.Cli.Verify;

/// <summary>Brings computed rows into the order and the shape that a reference has them in.</summary>
static class ExpectedShapes
{
    /// <summary>The shape of an expected field, stored whole or as a digest; null where the check has no such field.</summary>
    public static int[]? ShapeOf(this Check check, string field) =>
        check.ExpectedFields.Contains(field, StringComparer.Ordinal) ? check.ExpectedTensor(field).Shape
        : check.ExpectedFields.Contains(field + ".shape", StringComparer.Ordinal) ? check.ExpectedTensor(field + ".shape").ToInts()
        : null;

    /// <summary>Rows of channels as the reference's tensor of the same size.</summary>
    public static Values Rows(Values rows, int[]? shape) => shape is not null && Product(shape) == rows.Count ? rows.As(shape) : rows;

    /// <summary>
    /// Maps (channels last) as the reference's channels-first tensor, of which it may hold the first channels only.
    /// </summary>
    public static Values Maps(Values rows, int[]? shape)
    {
        if (shape is null || shape.Length < 3)
        {
            return Rows(rows, shape);
        }

        int height = shape[^2];
        int width = shape[^1];
        int items = shape.Length == 4 ? shape[0] : 1;
        int channels = rows.Shape[^1];
        if ((long)items * height * width != rows.Shape[0])
        {
            return rows;
        }

        Values maps = rows.ChannelsFirst(items, channels, height, width);
        int kept = shape[^3];
        return items == 1 && kept < channels
            ? new Values(maps.Data[..(kept * height * width)], shape)
            : maps.As(shape.Length == 3 ? [channels, height, width] : maps.Shape);
    }

    static long Product(int[] shape) => shape.Aggregate(1L, (product, size) => product * size);
}
