namespace Sensorium.Models.Encoders.Transformers;

/// <summary>
/// Position embeddings of a grid of patches, brought to another grid as torch resizes pictures: bicubic with a = -0.75,
/// align_corners false, no antialiasing, borders repeated (torch upsample_bicubic2d; transformers interpolate_pos_encoding).
/// </summary>
static class PositionGrid
{
    const float A = -0.75f;

    /// <summary>The matrix by which the positions of one grid become another's, [to cells, from cells], row-major.</summary>
    public static float[] Resize((int Height, int Width) from, (int Height, int Width) to)
    {
        float[] vertical = Axis(from.Height, to.Height);
        float[] horizontal = Axis(from.Width, to.Width);
        int cells = from.Height * from.Width;
        var matrix = new float[checked(to.Height * to.Width * cells)];
        for (int y = 0; y < to.Height; y++)
        {
            for (int x = 0; x < to.Width; x++)
            {
                Span<float> row = matrix.AsSpan((y * to.Width + x) * cells, cells);
                for (int fromY = 0; fromY < from.Height; fromY++)
                {
                    float share = vertical[y * from.Height + fromY];
                    for (int fromX = 0; share != 0 && fromX < from.Width; fromX++)
                    {
                        row[fromY * from.Width + fromX] = share * horizontal[x * from.Width + fromX];
                    }
                }
            }
        }

        return matrix;
    }

    /// <summary>How much of each old place goes into each new one along an axis, [to, from]; single precision, as torch has it.</summary>
    public static float[] Axis(int from, int to)
    {
        var shares = new float[to * from];
        float scale = (float)from / to;
        Span<float> near = stackalloc float[4];
        for (int i = 0; i < to; i++)
        {
            float place = scale * (i + 0.5f) - 0.5f;
            int first = (int)MathF.Floor(place);
            float t = place - first;
            near[0] = Far(t + 1);
            near[1] = Near(t);
            near[2] = Near(1 - t);
            near[3] = Far(2 - t);
            for (int k = 0; k < near.Length; k++)
            {
                shares[i * from + Math.Clamp(first - 1 + k, 0, from - 1)] += near[k];
            }
        }

        return shares;
    }

    // Keys' kernel within one cell of the place, and between one and two (Keys 1981).
    static float Near(float x) => ((A + 2) * x - (A + 3)) * x * x + 1;

    static float Far(float x) => ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
}
