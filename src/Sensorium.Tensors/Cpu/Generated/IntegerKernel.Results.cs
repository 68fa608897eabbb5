using Iced.Intel;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Generated;

/// <content>From a block's sums to results: scales and minima.</content>
sealed partial class IntegerKernel
{
    /// <summary>Byte offset of a row's scale; its sums are behind it.</summary>
    int RowScaleAt(int row) => rows * Panel.Block + row * QuantizedRows.ScaleBytes;

    int RowSumAt(int row, int part) => RowScaleAt(row) + (layout.Parts == 1 ? 12 : 4 + 4 * part);

    int RowScaledSumAt(int row, int part) => RowSumAt(row, part) + 12;

    void AddToResults(int part)
    {
        Register one = Free(2), other = Free(3);
        for (int vector = 0; vector < vectors; vector++)
        {
            Scale(Free(vector), vector, part, one);
        }

        int offset = IsSigned ? 0 : layout.Offset;
        for (int row = 0; row < rows; row++)
        {
            if (offset > 0)
            {
                w.BroadcastShifted(one, RowData, RowSumAt(row, part), System.Numerics.BitOperations.Log2((uint)offset));
                for (int vector = 0; vector < vectors; vector++)
                {
                    w.SubtractInt32(Sum(row, vector), Sum(row, vector), one);
                }
            }

            if (!IsOneWideRow)
            {
                w.Broadcast(one, KernelWriter.At(RowData, RowScaleAt(row)));
            }

            for (int vector = 0; vector < vectors; vector++)
            {
                AddToResult(row, vector, Free(vector), one, other);
            }
        }

        if (layout.HasMinimum)
        {
            AddMinima(part);
        }

        if (!ResultsInRegisters)
        {
            EachResult((row, vector) => w.Store(Waiting(row, vector), Sum(row, vector)));
        }
    }

    void AddToResult(int row, int vector, Register scale, Register rowScale, Register free)
    {
        Register sum = Sum(row, vector);
        w.ToFloat(sum, sum);
        if (IsOneWideRow)
        {
            w.Multiply(free, scale, KernelWriter.Each(RowData, RowScaleAt(row)));
        }
        else
        {
            w.Multiply(free, scale, rowScale);
        }

        if (ResultsInRegisters)
        {
            w.MultiplyAdd(Result(row, vector), sum, free);
            return;
        }

        w.MultiplyThenAdd(sum, free, Waiting(row, vector));
    }

    void AddMinima(int part)
    {
        Register one = Free(2);
        bool negative = false;
        for (int vector = 0; vector < vectors; vector++)
        {
            negative = Minimum(Free(vector), vector, part, one);
        }

        for (int row = 0; row < rows; row++)
        {
            w.Broadcast(one, KernelWriter.At(RowData, RowScaledSumAt(row, part)));
            for (int vector = 0; vector < vectors; vector++)
            {
                Register result = ResultsInRegisters ? Result(row, vector) : Sum(row, vector);
                if (negative)
                {
                    w.MultiplySubtract(result, Free(vector), one);
                }
                else
                {
                    w.MultiplyAdd(result, Free(vector), one);
                }
            }
        }
    }

    /// <summary>The scales of a vector's outputs, rounded as <see cref="QuantPanels.Scales"/> rounds them.</summary>
    void Scale(Register to, int vector, int part, Register free)
    {
        Register from = Scales(vector), super = Super(vector);
        if (unpacked)
        {
            w.Load(to, KernelWriter.At(from, part * 64 + Half(vector, 64)));
            return;
        }

        switch (layout.Scales)
        {
            case ScaleKind.Half or ScaleKind.HalfAndMinimum:
                w.WidenHalves(to, KernelWriter.At(from, Half(vector, 32)));
                return;
            case ScaleKind.SuperAndMinimum:
                w.WidenBytes(to, KernelWriter.At(from, Half(vector, 16)), signed: false);
                break;
            case ScaleKind.SuperOfSixteen:
                w.WidenBytes(to, KernelWriter.At(from, part * 16 + Half(vector, 16)), signed: true);
                break;
            default:
                w.WidenBytes(to, KernelWriter.At(from, part * 16 + Half(vector, 16)), signed: false);
                w.And(to, to, w.Constant(15));
                break;
        }

        w.ToFloat(to, to);
        w.WidenHalves(free, KernelWriter.At(super, Half(vector, 32)));
        w.Multiply(to, to, free);
    }

    /// <summary>The minima of a vector's outputs, or their negatives (true).</summary>
    bool Minimum(Register to, int vector, int part, Register free)
    {
        Register from = Scales(vector), super = Super(vector);
        if (unpacked)
        {
            w.Load(to, KernelWriter.At(super, part * 64 + Half(vector, 64)));
            return false;
        }

        switch (layout.Scales)
        {
            case ScaleKind.HalfAndMinimum:
                w.WidenHalves(to, KernelWriter.At(from, 32 + Half(vector, 32)));
                return false;
            case ScaleKind.SuperAndMinimum:
                w.WidenBytes(to, KernelWriter.At(from, 16 + Half(vector, 16)), signed: false);
                break;
            default:
                w.WidenBytes(to, KernelWriter.At(from, part * 16 + Half(vector, 16)), signed: false);
                w.ShiftRight32(to, to, 4);
                break;
        }

        w.ToFloat(to, to);
        w.WidenHalves(free, KernelWriter.At(super, 32 + Half(vector, 32)));
        w.Multiply(to, to, free);
        return true;
    }
}
