using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Tests.Cpu;

public sealed unsafe class OutputStageTests
{
    public static TheoryData<KernelTier, int, Activation> Cases()
    {
        var cases = new TheoryData<KernelTier, int, Activation>();
        foreach (KernelTier tier in KernelTiers.Available)
        {
            foreach (int columns in new[] { 1, 7, 8, 16, 31, 32 })
            {
                cases.Add(tier, columns, Activation.None);
                cases.Add(tier, columns, Activation.Relu6);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_tile_is_scaled_shifted_normed_bent_and_added_to_in_this_order(KernelTier tier, int columns, Activation activation)
    {
        const int Rows = 3, Stride = 40, FirstRow = 2, FirstColumn = 5, Width = FirstColumn + 32;
        using var memory = new NativeBuffer((Rows * Stride + (FirstRow + Rows + 4) * Width) * sizeof(float));
        float* c = (float*)memory.Pointer, vectors = c + Rows * Stride, residual = vectors + 4 * Width;
        for (int present = 0; present < 16; present++)
        {
            var random = new Random(present);
            for (int i = 0; i < memory.Bytes / sizeof(float); i++)
            {
                c[i] = random.NextSingle() * 16 - 8;
            }

            var stage = new OutputStage(tier, activation)
            {
                Scale = (present & 1) != 0 ? vectors : null,
                Bias = (present & 2) != 0 ? vectors + Width : null,
                Factor = (present & 4) != 0 ? vectors + 2 * Width : null,
                Offset = (present & 4) != 0 ? vectors + 3 * Width : null,
                Residual = (present & 8) != 0 ? new Tensor(residual, FirstRow + Rows, Width, Width, DType.F32) : default,
            };
            float[] before = new Span<float>(c, Rows * Stride).ToArray();
            stage.Apply(c, Stride, FirstRow, Rows, FirstColumn, columns);
            for (int i = 0; i < Rows * Stride; i++)
            {
                int row = i / Stride, column = i % Stride, at = FirstColumn + column;
                float y = before[i];
                if (column < columns)
                {
                    y = stage.Scale == null ? y : y * stage.Scale[at];
                    y = stage.Bias == null ? y : y + stage.Bias[at];
                    y = stage.Factor == null ? y : y * stage.Factor[at] + stage.Offset[at];
                    y = activation == Activation.Relu6 ? MathF.Min(6, MathF.Max(0, y)) : y;
                    y = stage.Residual.IsNone ? y : y + stage.Residual.FloatRow(FirstRow + row)[at];
                }

                c[i].ShouldBe(y, $"{present}: row {row}, column {column}");
            }
        }
    }

    [Fact]
    public void What_is_nothing_changes_nothing()
    {
        float one = 1;
        default(OutputStage).Apply(&one, 1, 0, 1, 0, 1);
        one.ShouldBe(1);
    }
}
