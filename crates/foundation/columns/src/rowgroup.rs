//! Parquet, one row group at a time: columns are gathered in memory and written out together.

use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use crate::{Cell, Column, Kind};

/// A Parquet file being written.
pub struct RowGroups {
    writer: SerializedFileWriter<BufWriter<File>>,
    columns: Vec<Gathered>,
    rows: usize,
    text: usize,
}

/// The values of one column in the row group at hand.
struct Gathered {
    /// For every row 1 where there is a value; empty where the column is not optional.
    present: Option<Vec<i16>>,
    values: Values,
}

enum Values {
    /// The texts one behind the other, and where each ends.
    Text(Vec<u8>, Vec<usize>),
    Integer(Vec<i64>),
    Real(Vec<f64>),
    /// Days since 1970-01-01.
    Day(Vec<i32>),
}

impl RowGroups {
    pub fn new(file: File, columns: &[Column]) -> Result<Self> {
        let fields = columns.iter().map(field).collect::<Result<Vec<_>>>()?;
        let schema = Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?);
        let properties = Arc::new(WriterProperties::builder().build());
        let writer = SerializedFileWriter::new(BufWriter::with_capacity(1 << 17, file), schema, properties)?;
        Ok(Self { writer, columns: columns.iter().map(Gathered::new).collect(), rows: 0, text: 0 })
    }

    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        for (gathered, cell) in self.columns.iter_mut().zip(cells) {
            self.text += gathered.push(cell);
        }
        self.rows += 1;
        if self.rows >= GROUP_ROWS || self.text >= GROUP_TEXT { self.write_group() } else { Ok(()) }
    }

    pub fn finish(mut self) -> Result<File> {
        if self.rows > 0 {
            self.write_group()?;
        }
        let buffered = self.writer.into_inner()?;
        buffered.into_inner().map_err(|e| ParquetError::External(Box::new(e.into_error())))
    }

    fn write_group(&mut self) -> Result<()> {
        let mut group = self.writer.next_row_group()?;
        for gathered in &mut self.columns {
            let Some(column) = group.next_column()? else { break };
            gathered.write(column)?;
        }
        group.close()?;
        (self.rows, self.text) = (0, 0);
        Ok(())
    }
}

impl Gathered {
    fn new(column: &Column) -> Self {
        let values = match column.kind {
            Kind::Text => Values::Text(Vec::new(), Vec::new()),
            Kind::Integer => Values::Integer(Vec::new()),
            Kind::Real => Values::Real(Vec::new()),
            Kind::Day => Values::Day(Vec::new()),
        };
        Self { present: column.optional.then(Vec::new), values }
    }

    /// Takes the value, which fits the column; says how many bytes of text it brought.
    fn push(&mut self, cell: &Cell<'_>) -> usize {
        if let Some(present) = &mut self.present {
            present.push(i16::from(!matches!(cell, Cell::Empty)));
        }
        match (&mut self.values, cell) {
            (Values::Text(bytes, ends), Cell::Text(text)) => {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(bytes.len());
                return text.len();
            }
            (Values::Integer(values), Cell::Integer(value)) => values.push(*value),
            (Values::Real(values), Cell::Real(value)) => values.push(*value),
            (Values::Day(values), Cell::Day(day)) => values.push(day.to_days()),
            // Empty; the table lets nothing else through.
            _ => {}
        }
        0
    }

    /// Writes the values out and forgets them.
    fn write(&mut self, mut column: SerializedColumnWriter<'_>) -> Result<()> {
        let present = self.present.as_deref();
        match &mut self.values {
            Values::Text(bytes, ends) => {
                let all = Bytes::from(std::mem::take(bytes));
                let mut from = 0;
                let texts: Vec<ByteArray> = ends
                    .drain(..)
                    .map(|end| ByteArray::from(all.slice(std::mem::replace(&mut from, end)..end)))
                    .collect();
                write::<ByteArrayType>(&mut column, &texts, present)?;
            }
            Values::Integer(values) => {
                write::<Int64Type>(&mut column, values, present)?;
                values.clear();
            }
            Values::Real(values) => {
                write::<DoubleType>(&mut column, values, present)?;
                values.clear();
            }
            Values::Day(values) => {
                write::<Int32Type>(&mut column, values, present)?;
                values.clear();
            }
        }
        if let Some(present) = &mut self.present {
            present.clear();
        }
        column.close()
    }
}

fn write<T: DataType>(
    column: &mut SerializedColumnWriter<'_>,
    values: &[T::T],
    present: Option<&[i16]>,
) -> Result<()> {
    column.typed::<T>().write_batch(values, present, None).map(drop)
}

fn field(column: &Column) -> Result<Arc<Type>> {
    let (physical, logical) = match column.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Integer => (Physical::INT64, None),
        Kind::Real => (Physical::DOUBLE, None),
        Kind::Day => (Physical::INT32, Some(LogicalType::Date)),
    };
    let repetition = if column.optional { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let builder = Type::primitive_type_builder(column.name, physical);
    Ok(Arc::new(builder.with_repetition(repetition).with_logical_type(logical).build()?))
}

/// A row group is written when it has this many rows …
const GROUP_ROWS: usize = 1 << 18;
/// … or this many bytes of text.
const GROUP_TEXT: usize = 1 << 25;
